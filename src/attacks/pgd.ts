import { climbed } from "./ascent.ts";
import { defineGradientAttack } from "./define.ts";

/** Projected gradient ascent (Madry et al. 2018): a step, then back into the ball. */
export const pgd = defineGradientAttack({
  id: "pgd",
  label: "PGD",
  help: "Repeats small gradient steps, each projected back into the ball around the image.",
  norms: ["linf", "l2"],
  settings: ["steps", "relativeStep"],
  begin: (problem) => ({
    next({ x, gradient }) {
      return climbed(x, gradient, problem, [problem.options.stepSize]);
    },
  }),
});
