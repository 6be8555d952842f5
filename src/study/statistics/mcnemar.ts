/** McNemar's exact test for two yes/no outcomes of the same cases. */

/**
 * Two-sided p of the exact binomial test on the discordant pairs.
 * @param onlyFirst cases with the outcome under the first condition alone. @param onlySecond under the second alone.
 */
export function mcnemarExact(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  if (n === 0) return 1;
  const fewer = Math.min(onlyFirst, onlySecond);
  // 2 P(X <= fewer), X ~ Binomial(n, 1/2), in logarithms: n choose k leaves the doubles at n = 1030.
  let logTerm = -n * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let k = 1; k <= fewer; k++) {
    logTerm += Math.log((n - k + 1) / k);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}
