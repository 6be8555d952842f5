/** The least confidence to answer from, with a guarantee on the errors among what is answered. */
import { clopperPearsonUpper } from "../numerics/binomial.ts";

/** Confidences that are tried as the least to answer from, fixed before any case is seen. */
const GRID = Array.from({ length: 20 }, (_, k) => 0.5 + k / 40);
/** Error rate of the guarantee on the selected answers' risk. */
const GUARANTEE_ALPHA = 0.05;

export interface GuaranteedConfidence {
  readonly confidence: number;
  readonly answered: number;
  readonly riskUpper: number;
}

/**
 * The lowest of a fixed grid from which the Clopper-Pearson upper bound of the risk, at alpha shared by all of the grid, stays
 * within `maxRisk` (95 % confidence, on exchangeable cases). Null where no confidence gives that.
 */
export function guaranteedConfidence(
  cases: readonly { readonly confidence: number; readonly correct: boolean }[],
  maxRisk: number,
): GuaranteedConfidence | null {
  for (const confidence of GRID) {
    const answered = cases.filter((each) => each.confidence >= confidence);
    if (answered.length === 0) return null;
    const errors = answered.filter(({ correct }) => !correct).length;
    const riskUpper = clopperPearsonUpper(errors, answered.length, GUARANTEE_ALPHA / GRID.length);
    if (riskUpper <= maxRisk) return { confidence, answered: answered.length, riskUpper };
  }
  return null;
}
