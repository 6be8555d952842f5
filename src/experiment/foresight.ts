/** An attack that knows what the stack does after it: every picture is judged as it will be once the later perturbations are done. */
import { applyPerturbation } from "./disturb.ts";
import type { AttackTarget } from "./disturb.ts";
import type { PerturbationItem } from "./spec.ts";

/**
 * The later perturbations keep their seeds, so that the attacker sees the very noise that comes. On the way back they are
 * taken for the identity (BPDA, Athalye et al. 2018): a turn or an enlargement shifts the gradient and makes it weaker.
 * @param later in the order they are done; none leaves the target as it is.
 */
export function foreseeing(
  target: AttackTarget,
  later: readonly PerturbationItem[],
  size: number,
): AttackTarget {
  if (later.length === 0) return target;
  const { system } = target;
  const done = (image: Float32Array) =>
    later.reduce((picture, item) => applyPerturbation(picture, size, item).image, image);
  return {
    ...target,
    system: {
      ...system,
      gradient: system.gradient === "expectation" ? "expectation" : "bpda",
      evaluator(objective) {
        const { loss, lossAgain, lossAndGradient, standIn } = system.evaluator(objective);
        return {
          loss: (image) => loss(done(image)),
          ...(lossAndGradient && { lossAndGradient: (image) => lossAndGradient(done(image)) }),
          ...(lossAgain && {
            lossAgain: (image: Float32Array, round: number) => lossAgain(done(image), round),
          }),
          ...(standIn && { standIn: (image) => standIn(done(image)) }),
        };
      },
    },
  };
}
