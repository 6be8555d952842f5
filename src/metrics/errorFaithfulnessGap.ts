import { mean } from "../numerics/sums.ts";

/** Whether explanations of wrong answers score differently from those of right ones. */
export interface ErrorFaithfulnessGap {
  /** Mean of the wrong minus mean of the right. Its meaning depends on whether the metric is better high or low. */
  readonly gap: number;
  /** The gap in pooled standard deviations (Cohen's d); NaN when neither group varies. */
  readonly cohenD: number;
  /** Cohen's d corrected for small groups. */
  readonly hedgesG: number;
}

/** @param wrong and `right`: one faithfulness value per case. @returns null when a group has fewer than two. */
export function errorFaithfulnessGap(
  wrong: readonly number[],
  right: readonly number[],
): ErrorFaithfulnessGap | null {
  if (wrong.length < 2 || right.length < 2) return null;
  const freedom = wrong.length + right.length - 2;
  const gap = mean(wrong) - mean(right);
  const squares = (values: readonly number[]) => {
    const middle = mean(values);
    return values.reduce((sum, v) => sum + (v - middle) ** 2, 0);
  };
  const cohenD = gap / Math.sqrt((squares(wrong) + squares(right)) / freedom);
  return { gap, cohenD, hedgesG: cohenD * (1 - 3 / (4 * freedom - 1)) };
}
