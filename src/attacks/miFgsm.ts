import { l1Norm } from "../tensor/norms.ts";
import { climbed } from "./ascent.ts";
import { defineGradientAttack } from "./define.ts";

const DECAY = 1;

/** Momentum iterative FGSM (Dong et al. 2018): g <- mu g + grad / |grad|_1, then a step along g. */
export const miFgsm = defineGradientAttack({
  id: "miFgsm",
  label: "MI-FGSM",
  help: "PGD along a running sum of L1-normalised gradients, which transfers better between models.",
  norms: ["linf", "l2"],
  settings: ["steps", "relativeStep"],
  begin(problem) {
    const momentum = new Float64Array(problem.origin.length);
    return {
      next({ x, gradient }) {
        const length = l1Norm(gradient);
        for (let i = 0; i < momentum.length; i++) {
          momentum[i] = DECAY * momentum[i]! + (length === 0 ? 0 : gradient[i]! / length);
        }
        return climbed(x, momentum, problem, [problem.options.stepSize]);
      },
    };
  },
});
