/** Area under the ROC curve with DeLong's variance (DeLong et al. 1988, by midranks as in Sun & Xu 2014). */
import type { Interval } from "../numerics/binomial.ts";
import { normalQuantile } from "../numerics/normal.ts";
import { mean } from "../numerics/sums.ts";

export interface Auc {
  /** Chance that a positive case scores above a negative one; ties count half. */
  readonly auc: number;
  /** Null where the scores separate the two groups without exception: the variance is 0 there and says nothing. */
  readonly interval: Interval | null;
  readonly positives: number;
  readonly negatives: number;
}

/** Null without at least two cases on each side. `alpha` is of the two-sided interval, clipped to [0, 1]. */
export function delongAuc(
  positive: readonly number[],
  negative: readonly number[],
  alpha = 0.05,
): Auc | null {
  const [m, n] = [positive.length, negative.length];
  if (m < 2 || n < 2) return null;
  const all = midranks([...positive, ...negative]);
  const ownPositive = midranks(positive);
  const ownNegative = midranks(negative);
  // Share of the other group that each case beats.
  const v10 = positive.map((_, k) => (all[k]! - ownPositive[k]!) / n);
  const v01 = negative.map((_, k) => 1 - (all[m + k]! - ownNegative[k]!) / m);
  const auc = mean(v10);
  const variance = sampleVariance(v10) / m + sampleVariance(v01) / n;
  const half = normalQuantile(1 - alpha / 2) * Math.sqrt(variance);
  return {
    auc,
    interval: variance > 0 ? { low: Math.max(0, auc - half), high: Math.min(1, auc + half) } : null,
    positives: m,
    negatives: n,
  };
}

/** Ranks from 1, ties sharing their mean. */
function midranks(values: readonly number[]): Float64Array {
  const order = values.map((_, k) => k).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let k = from; k < to; k++) ranks[order[k]!] = (from + to + 1) / 2;
    from = to;
  }
  return ranks;
}

function sampleVariance(values: readonly number[]): number {
  const center = mean(values);
  return (mean(values.map((v) => (v - center) ** 2)) * values.length) / (values.length - 1);
}
