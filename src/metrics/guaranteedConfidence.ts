/** The least confidence to answer from, with a guarantee on the errors among what is answered. */
import { clopperPearsonUpper } from "../numerics/binomial.ts";

/** Confidences that are tried as the least to answer from, fixed before any case is seen. */
export const CONFIDENCE_GRID: readonly number[] = Array.from(
  { length: 20 },
  (_, k) => 0.5 + k / 40,
);
/** Error rate of the guarantee on the selected answers' risk. */
const GUARANTEE_ALPHA = 0.05;
/** Each threshold's share of it: bounds at this rate hold for all of the grid at once, whichever is chosen after looking. */
export const THRESHOLD_ALPHA = GUARANTEE_ALPHA / CONFIDENCE_GRID.length;

/** For panels: why choosing the threshold on the same cases does not spoil the guarantee. */
export const GUARANTEE_WORDS = `The confidence is chosen on the same cases that the guarantee counts: each of ${CONFIDENCE_GRID.length} confidences fixed beforehand is tested at a twentieth of 5 %, so the bound holds for all of them at once, whichever is chosen.`;
export const GUARANTEE_SOURCE =
  "Angelopoulos et al. 2021 (Learn then Test, arXiv:2110.01052) with Bonferroni's correction and Clopper-Pearson bounds, after Geifman & El-Yaniv 2017 (selection with guaranteed risk)";

export interface GuaranteedConfidence {
  readonly confidence: number;
  readonly answered: number;
  readonly riskUpper: number;
}

/**
 * The lowest confidence of the grid from which the upper bound of the risk stays within `maxRisk`. The bounds hold together:
 * with 95 % probability over the cases, no threshold of the grid has a risk above its bound, so the one chosen has none either
 * (exchangeable cases). Null where no confidence gives that.
 */
export function guaranteedConfidence(
  cases: readonly { readonly confidence: number; readonly correct: boolean }[],
  maxRisk: number,
): GuaranteedConfidence | null {
  for (const confidence of CONFIDENCE_GRID) {
    const answered = cases.filter((each) => each.confidence >= confidence);
    if (answered.length === 0) return null;
    const errors = answered.filter(({ correct }) => !correct).length;
    const riskUpper = clopperPearsonUpper(errors, answered.length, THRESHOLD_ALPHA);
    if (riskUpper <= maxRisk) return { confidence, answered: answered.length, riskUpper };
  }
  return null;
}
