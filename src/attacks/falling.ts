import { climbed } from "./ascent.ts";
import { defineGradientAttack } from "./define.ts";

/** Share of the running sum of slopes that a step keeps. */
const KEPT = 0.75;
/** Of epsilon: the first step, and the last. */
const FIRST = 0.52;
const LAST = 0.02;

/**
 * Momentum with a step that falls along half a cosine. It ends in other places than APGD, which halves its step when it stalls:
 * behind a Gaussian filter each turned a picture that the other, with as many steps, left (docs/decisions.md).
 */
export const falling = defineGradientAttack({
  id: "falling",
  label: "Momentum, falling step",
  help: "Steps along a running sum of L1-normalised gradients, long at first and short at the end.",
  norms: ["linf", "l2"],
  settings: ["steps"],
  begin(problem) {
    const { epsilon } = problem.options;
    const momentum = new Float32Array(problem.origin.length);
    return {
      next({ step, x, gradient }) {
        const size = gradient.reduce((sum, g) => sum + Math.abs(g), 0) / gradient.length;
        for (let i = 0; i < momentum.length; i++) {
          momentum[i] = KEPT * momentum[i]! + (size === 0 ? 0 : gradient[i]! / size);
        }
        const part = (1 + Math.cos((Math.PI * step) / problem.steps)) / 2;
        return climbed(x, momentum, problem, [epsilon * (LAST + (FIRST - LAST) * part)]);
      },
    };
  },
});
