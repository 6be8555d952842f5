/** An attack that knows what the stack does after it: every picture is judged as it will be once the later perturbations are done. */
import { UNSEEN_IS_BETTER } from "../attacks/bothWays.ts";
import { applyPerturbation } from "./disturb.ts";
import type { AttackTarget } from "./disturb.ts";
import type { PerturbationItem } from "./spec.ts";

/**
 * The later perturbations keep their seeds, so that the attacker sees the very noise that comes. On the way back they are
 * taken for the identity (BPDA, Athalye et al. 2018): a turn or an enlargement shifts the gradient and makes it weaker, and
 * compression hides part of it. So the attacker also climbs as one who does not see them, judged by the finished picture.
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
  // A defense that hides the slope has an other way of its own.
  const hasOther = system.evaluator(target.objective).standIn !== undefined;
  return {
    ...target,
    ...(hasOther ? {} : { otherWay: UNSEEN_IS_BETTER }),
    system: {
      ...system,
      gradient: system.gradient === "expectation" ? "expectation" : "bpda",
      evaluator(objective) {
        const { loss, lossAgain, lossAndGradient, standIn } = system.evaluator(objective);
        const unseen = lossAndGradient && {
          standIn: async (image: Float32Array) => ({
            loss: await loss(done(image)),
            gradient: (await lossAndGradient(image)).gradient,
          }),
        };
        return {
          loss: (image) => loss(done(image)),
          ...(lossAndGradient && { lossAndGradient: (image) => lossAndGradient(done(image)) }),
          ...(lossAgain && {
            lossAgain: (image: Float32Array, round: number) => lossAgain(done(image), round),
          }),
          ...(standIn ? { standIn: (image) => standIn(done(image)) } : unseen),
        };
      },
    },
  };
}
