import { invariant } from "../errors/labError.ts";
import { ascentDirection, stepAlong } from "./ascent.ts";
import { defineAttack } from "./attack.ts";

/** Projected gradient ascent (Madry et al. 2018): a step, then back into the ball. */
export const pgd = defineAttack({
  id: "pgd",
  label: "PGD",
  help: "Repeats small gradient steps, each projected back into the ball around the image.",
  norms: ["linf", "l2"],
  access: "gradient",
  steps: "option",
  stepSize: "option",
  begin: (problem) => ({
    next({ x, gradient }) {
      invariant(gradient, "PGD without a gradient");
      return stepAlong(x, ascentDirection(gradient, problem), problem.options.stepSize);
    },
  }),
});
