import type { Defense } from "../defense.ts";
import { drawn, noisy } from "./draws.ts";
import type { Drawer } from "./draws.ts";
import { looksSystem } from "./looksSystem.ts";
import { AGREEMENT, ATTACKER_DRAWS } from "./params.ts";

/** The draws are named by the picture's own pixels and the seed: the same picture gives the same answer. */
export const noiseVote: Defense = {
  id: "noiseVote",
  label: "Noise vote",
  group: "looks",
  help: "Looks at several copies of the picture with fresh noise and answers by all of them together, so that a small change of the picture is drowned. Models that were not trained with noise pay for it with their clean answers.",
  source:
    "Cohen, Rosenfeld & Kolter 2019, Certified Adversarial Robustness via Randomized Smoothing (arXiv:1902.02918)",
  params: {
    sigma: {
      label: "Noise",
      unit: "of black to white",
      min: 0,
      max: 0.25,
      step: 0.01,
      default: 0.05,
      help: "Standard deviation of the noise on each copy. 0 leaves the model as it is.",
    },
    looks: {
      label: "Looks",
      unit: "",
      min: 1,
      max: 64,
      step: 1,
      default: 8,
      integer: true,
      help: "Noisy copies that are looked at for one answer; each costs a full pass. A preview takes one.",
    },
    agreement: AGREEMENT,
    eot: ATTACKER_DRAWS,
  },
  strength: "sigma",
  isRandom: true,
  preview: { looks: 1, eot: 1 },
  defend(inner, { params, seed, key, host }) {
    const { sigma = 0, looks = 1, agreement: atLeast = 0, eot = 1 } = params;
    const by = (drawer: Drawer, count: number) => (image: Float32Array, round?: number) =>
      drawn(image, { seed, count, by: drawer, round }, (x, random) => noisy(x, sigma, random));
    return looksSystem(
      inner,
      key,
      {
        gradient: "expectation",
        answering: by("answer", looks),
        attacking: by("attacker", eot),
        atLeast,
      },
      host.yieldToHost,
    );
  },
};
