import type { Defense } from "../defense.ts";
import { drawn } from "./draws.ts";
import type { Drawer } from "./draws.ts";
import { looksSystem } from "./looksSystem.ts";
import { ATTACKER_DRAWS } from "./params.ts";
import { STILL, warp } from "./warp.ts";

/** Shrunk by a random share and put down at a random place on black; drawn by the picture's own pixels and the seed. */
export const resizePad: Defense = {
  id: "resizePad",
  label: "Random resize and pad",
  group: "looks",
  help: "Shrinks the picture by a random share and puts it at a random place on black before the model looks once. An attacker who averages over such places, as ours does, loses little by it.",
  source:
    "Xie, Wang, Zhang, Ren & Yuille 2018, Mitigating Adversarial Effects Through Randomization (arXiv:1711.01991)",
  params: {
    shrink: {
      label: "Shrink",
      unit: "of the side",
      min: 0,
      max: 0.3,
      step: 0.01,
      default: 0.1,
      help: "The most that the side may lose. 0 leaves the picture exactly as it is.",
    },
    eot: ATTACKER_DRAWS,
  },
  strength: "shrink",
  isRandom: true,
  preview: { eot: 1 },
  defend(inner, { params, seed, key, host }) {
    const { shrink = 0, eot = 1 } = params;
    const { size } = inner;
    const by = (drawer: Drawer, count: number) => (image: Float32Array, round?: number) =>
      drawn(image, { seed, count, by: drawer, round }, (x, random) => {
        const zoom = 1 - shrink * random.uniform();
        const room = (size * (1 - zoom)) / 2;
        const [dx, dy] = [random.between(-room, room), random.between(-room, room)];
        return warp(size, { ...STILL, dx, dy, zoom, beyond: "black" })(x);
      });
    return looksSystem(
      inner,
      key,
      {
        gradient: "expectation",
        answering: by("answer", 1),
        attacking: by("attacker", eot),
        atLeast: 0,
      },
      host.yieldToHost,
    );
  },
};
