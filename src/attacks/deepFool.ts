import { defineGradientAttack } from "./define.ts";
import { l1Norm, l2Norm } from "../tensor/norms.ts";

/** Steps end this share beyond the boundary that the tangent promises. */
const OVERSHOOT = 0.02;

/**
 * DeepFool (Moosavi-Dezfooli, Fawzi & Frossard 2016): to the nearest point where the tangent of the loss is 0, again and
 * again until the loss is above 0, and no further: what it returns is small, not strong. With a margin as its loss, 0 is
 * where the answer flips.
 */
export const deepFool = defineGradientAttack({
  id: "deepFool",
  label: "DeepFool",
  help: "Looks for the smallest change that flips the answer, and stops there; epsilon is only the most that it may spend. With the margin as its loss.",
  norms: ["l2", "linf"],
  settings: ["steps"],
  seeks: "smallest",
  // It stops at the flip; whole grey levels take it more steps to get there than the five or so of the paper.
  suggests: { steps: 30 },
  begin: ({ options, feasible }) => ({
    next({ x, loss, gradient }) {
      // On the boundary a tangent step has no length: a grey level's worth goes on.
      if (loss > 0) return undefined;
      const free = gradient.map((g, i) => (feasible.isFree(i) ? g : 0));
      const slope = options.norm === "linf" ? l1Norm(free) : l2Norm(free);
      if (slope === 0) return undefined;
      const length = ((1 + OVERSHOOT) * -loss) / slope + LEAST;
      return x.map((value, i) => {
        const along = options.norm === "linf" ? Math.sign(free[i]!) : free[i]! / slope;
        return value + length * along;
      });
    },
  }),
});

const LEAST = 1e-4;
