import { invariant } from "../errors/labError.ts";
import { defineQueryAttack } from "./define.ts";

const INITIAL_SHARE = 0.8;
/** Queries (of a budget of 10,000) after which the share of pixels changed at once is halved again. */
const HALVINGS = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/** Side of the window changed at a query: sqrt(p) of the image's side, with p halved along a fixed schedule. */
export function squareWindow(query: number, budget: number, side: number): number {
  const scaled = Math.floor((query / budget) * 10_000);
  const halvings = HALVINGS.filter((limit) => scaled > limit).length;
  const share = INITIAL_SHARE / 2 ** halvings;
  return Math.max(1, Math.round(Math.sqrt(share) * side));
}

/**
 * Square attack (Andriushchenko et al. 2020), linf: random square windows set to +-epsilon, kept when the loss rises. It
 * never looks at a gradient, so it also works where gradients are masked.
 */
export const square = defineQueryAttack({
  id: "square",
  label: "Square",
  help: "Tries random square windows of plus or minus epsilon and keeps what helps; needs answers only, no gradient.",
  norms: ["linf"],
  settings: ["queries"],
  begin({ origin, options, random }) {
    const side = Math.sqrt(origin.length);
    invariant(
      Number.isInteger(side),
      `Square attack on ${origin.length} pixels, which are no square`,
    );
    const { epsilon, steps } = options;
    const sign = () => (random.chance(0.5) ? 1 : -1);
    let best = origin;
    let bestLoss = -Infinity;
    return {
      start() {
        const stripes = Float64Array.from({ length: side }, () => epsilon * sign());
        return origin.map((v, i) => v + stripes[i % side]!);
      },
      next({ step, x, loss }) {
        if (loss > bestLoss) {
          best = x;
          bestLoss = loss;
        }
        const window = Math.min(side, squareWindow(step, steps, side));
        const top = random.integer(side - window + 1);
        const left = random.integer(side - window + 1);
        const change = 2 * epsilon * sign();
        const out = best.slice();
        for (let y = top; y < top + window; y++) {
          for (let i = y * side + left; i < y * side + left + window; i++)
            out[i] = out[i]! + change;
        }
        return out;
      },
    };
  },
});
