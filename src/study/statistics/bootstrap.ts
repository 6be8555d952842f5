/**
 * Seeded percentile bootstrap over cases: a case is drawn with all its values, because runs of one case are not
 * independent of each other.
 */
import type { Interval } from "../../numerics/binomial.ts";
import { randomStream } from "../../numerics/random.ts";
import { mean, pairwiseSum } from "../../numerics/sums.ts";

export const RESAMPLES = 2000;
const SEED = 20_260_101;

/**
 * Two-sided interval of the mean of all values.
 * @param byCase values of each case; cases without values do not count.
 * @returns null for fewer than two cases, of which nothing can be said.
 */
export function bootstrapMean(
  byCase: readonly (readonly number[])[],
  alpha = 0.05,
  resamples = RESAMPLES,
): Interval | null {
  const cases = byCase.filter((values) => values.length > 0);
  if (cases.length < 2) return null;
  const sums = cases.map((values) => pairwiseSum(values));
  const counts = cases.map((values) => values.length);
  const random = randomStream(SEED, "study", "bootstrap");
  const means = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) {
    let sum = 0;
    let count = 0;
    for (let k = 0; k < cases.length; k++) {
      const drawn = random.integer(cases.length);
      sum += sums[drawn]!;
      count += counts[drawn]!;
    }
    means[b] = sum / count;
  }
  means.sort();
  return { low: quantile(means, alpha / 2), high: quantile(means, 1 - alpha / 2) };
}

export interface PairedDifference {
  /** Mean of second minus first over the cases that have both. */
  readonly difference: number;
  readonly interval: Interval | null;
  readonly pairs: number;
}

/** Mean difference of two conditions over the same cases; null without a pair. */
export function pairedBootstrap(
  pairs: readonly (readonly [first: number, second: number])[],
  alpha = 0.05,
  resamples = RESAMPLES,
): PairedDifference | null {
  if (pairs.length === 0) return null;
  const differences = pairs.map(([first, second]) => second - first);
  return {
    difference: mean(differences),
    interval: bootstrapMean(
      differences.map((d) => [d]),
      alpha,
      resamples,
    ),
    pairs: pairs.length,
  };
}

/** Of sorted values, linearly interpolated between order statistics (type 7, NumPy's default). */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}
