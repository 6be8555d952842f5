import type { Defense } from "../defense.ts";
import type { PictureFilter } from "../filterDefense.ts";
import { looksSystem } from "./looksSystem.ts";
import { AGREEMENT } from "./params.ts";
import { STILL, warp } from "./warp.ts";

/** Turns of the golden angle spread any number of poses evenly. */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** The first look is the picture itself; the poses are fixed, so the attacker's gradient through all of them is exact. */
export const augmentationVote: Defense = {
  id: "augmentationVote",
  label: "Augmentation vote",
  group: "looks",
  help: "Looks at the picture several times, a little shifted, turned, scaled and brightened, and answers by all looks together. Never mirrored: a mirrored film says left for right. If the looks disagree it abstains, and an attacker who knows the looks attacks all of them at once.",
  source:
    "Wang et al. 2019, test-time augmentation (Neurocomputing 338); Perez et al. 2021 (arXiv:2110.10459)",
  params: {
    looks: {
      label: "Looks",
      unit: "",
      min: 0,
      max: 16,
      step: 1,
      default: 6,
      integer: true,
      help: "How often the model looks; each costs a full pass. A preview takes three. 0 leaves the model as it is.",
    },
    shift: {
      label: "Shift",
      unit: "px",
      min: 0,
      max: 12,
      step: 0.5,
      default: 4,
      help: "How far a look is moved, in pixels of the picture the model sees.",
    },
    turn: {
      label: "Turn",
      unit: "degrees",
      min: 0,
      max: 10,
      step: 0.5,
      default: 3,
      help: "How far a look is turned at most.",
    },
    scale: {
      label: "Scale",
      unit: "",
      min: 0,
      max: 0.1,
      step: 0.01,
      default: 0.03,
      help: "How much larger, smaller, brighter or darker a look is at most.",
    },
    agreement: AGREEMENT,
  },
  strength: "looks",
  preview: { looks: 3 },
  defend(inner, { params, key, host }) {
    const { looks: count = 1, shift = 0, turn = 0, scale = 0, agreement: atLeast = 0 } = params;
    const poses = Array.from({ length: count }, (_, k): PictureFilter => {
      if (k === 0) return (image) => ({ image, pullback: (cotangent) => cotangent });
      const angle = k * GOLDEN_ANGLE;
      return warp(inner.size, {
        ...STILL,
        dx: shift * Math.cos(angle),
        dy: shift * Math.sin(angle),
        degrees: turn * Math.cos(2 * angle),
        zoom: 1 + scale * Math.sin(2 * angle),
        gain: 1 + scale * Math.cos(3 * angle),
      });
    });
    const looks = (image: Float32Array) => poses.map((pose) => pose(image));
    return looksSystem(
      inner,
      key,
      { gradient: "exact", answering: looks, attacking: looks, atLeast },
      host.yieldToHost,
    );
  },
};
