import { invariant } from "../errors/labError.ts";
import { ascentDirection, stepAlong } from "./ascent.ts";
import { defineAttack } from "./attack.ts";

/** Fast gradient (sign) method: one step of the full epsilon (Goodfellow, Shlens & Szegedy 2015). */
export const fgsm = defineAttack({
  id: "fgsm",
  label: "FGSM",
  help: "One step of the full epsilon along the gradient's sign (linf) or direction (l2).",
  norms: ["linf", "l2"],
  access: "gradient",
  steps: "one",
  stepSize: "own",
  begin: (problem) => ({
    next({ x, gradient }) {
      invariant(gradient, "FGSM without a gradient");
      return stepAlong(x, ascentDirection(gradient, problem), problem.options.epsilon);
    },
  }),
});
