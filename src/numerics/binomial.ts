/** Interval estimates for a proportion of `successes` out of `n` independent trials. */
import { invariant } from "../errors/labError.ts";
import { incompleteBeta, inverseIncompleteBeta } from "./beta.ts";
import { normalQuantile } from "./normal.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Clopper-Pearson one-sided lower bound at error rate `alpha`. Valid at one n chosen before looking at the data, not when
 * watched while samples stream.
 */
export function clopperPearsonLower(successes: number, n: number, alpha: number): number {
  checkCounts(successes, n);
  return successes === 0 ? 0 : inverseIncompleteBeta(alpha, successes, n - successes + 1);
}

/** Clopper-Pearson one-sided upper bound at error rate `alpha`. */
export function clopperPearsonUpper(successes: number, n: number, alpha: number): number {
  return 1 - clopperPearsonLower(n - successes, n, alpha);
}

/** Wilson score interval, two-sided at confidence 1 - `alpha` (default 95 %). With n = 0: [0, 1]. */
export function wilsonInterval(successes: number, n: number, alpha = 0.05): Interval {
  checkCounts(successes, n);
  if (n === 0) return { low: 0, high: 1 };
  const z = normalQuantile(1 - alpha / 2);
  const share = successes / n;
  const center = share + (z * z) / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return {
    low: successes === 0 ? 0 : (center - half) / scale,
    high: successes === n ? 1 : (center + half) / scale,
  };
}

function checkCounts(successes: number, n: number): void {
  invariant(successes >= 0 && successes <= n, `${successes} successes of ${n} trials`);
}

/** Smallest k with P(X <= k) >= p for X ~ Binomial(n, q). */
export function binomialQuantile(p: number, n: number, q: number): number {
  // P(X <= k) = I_{1-q}(n - k, k + 1).
  const atMost = (k: number) => (k >= n ? 1 : incompleteBeta(1 - q, n - k, k + 1));
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (atMost(middle) >= p) high = middle;
    else low = middle + 1;
  }
  return low;
}
