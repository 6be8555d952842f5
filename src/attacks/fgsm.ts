import { climbed } from "./ascent.ts";
import { defineGradientAttack } from "./define.ts";

/** Fast gradient (sign) method: one step of the full epsilon (Goodfellow, Shlens & Szegedy 2015). */
export const fgsm = defineGradientAttack({
  id: "fgsm",
  label: "FGSM",
  help: "One step of the full epsilon along the gradient's sign (linf) or direction (l2).",
  norms: ["linf", "l2"],
  settings: [],
  begin: (problem) => ({
    next({ x, gradient }) {
      return climbed(x, gradient, problem, [problem.options.epsilon]);
    },
  }),
});
