/**
 * Certificate of an answer by the median of its margin under noise (Chiang et al. 2020, Detection as regression: median
 * smoothing): within l2 distance r the median margin is at least the Phi(-r/sigma) quantile of the margins around the clean picture, which
 * an order statistic bounds from below. The number of draws is fixed beforehand: this bound may not be watched while it grows.
 */
import { binomialQuantile } from "../numerics/binomial.ts";
import { normalCdf, normalQuantile } from "../numerics/normal.ts";

/**
 * The rank k for which the k-th smallest of n draws lies at or below their `quantile` with probability at least 1 - alpha; 0
 * where n is too small for any.
 */
export function orderStatistic(n: number, quantile: number, alpha: number): number {
  return binomialQuantile(alpha, n, quantile);
}

/**
 * @param margins of the answer that was fixed before the draws, logits; positive where a draw agrees.
 * @returns lower bound of the median margin of any picture within `ratio` sigmas; -Infinity where nothing is proven.
 */
export function medianMarginBound(
  margins: ArrayLike<number>,
  ratio: number,
  alpha: number,
): number {
  const n = margins.length;
  const k = orderStatistic(n, normalCdf(-ratio), alpha);
  return k < 1 ? -Infinity : Float64Array.from(margins).sort()[k - 1]!;
}

/** Largest l2 radius at which the median margin is proven to stay above 0, in the unit of sigma; 0 for none. */
export function medianMarginRadius(
  margins: ArrayLike<number>,
  { sigma, alpha }: { readonly sigma: number; readonly alpha: number },
): number {
  const n = margins.length;
  const disagreeing = Array.from(margins).filter((margin) => margin <= 0).length;
  // The bound is positive as long as the order statistic counts past every draw that disagrees.
  let low = 0;
  let high = -normalQuantile(1e-12);
  const holds = (ratio: number) => orderStatistic(n, normalCdf(-ratio), alpha) > disagreeing;
  if (!holds(0)) return 0;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return sigma * low;
}
