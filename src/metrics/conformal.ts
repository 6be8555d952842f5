/**
 * Split conformal prediction: sets of answers that hold the truth with probability 1 - a on exchangeable cases. It says
 * nothing about attacked images, which are not exchangeable with the calibration set.
 */

/**
 * The threshold on the score 1 - p(answer): the k-th smallest calibration score, k = ceil((n + 1)(1 - a)).
 * @returns Infinity (every answer is in the set) when the calibration set is too small for this error rate.
 */
export function conformalThreshold(
  calibrationScores: readonly number[],
  errorRate: number,
): number {
  const n = calibrationScores.length;
  // (n + 1)(1 - a) may come out a hair above a whole number in floating point.
  const k = Math.ceil((n + 1) * (1 - errorRate) - 1e-9);
  return k > n ? Infinity : calibrationScores.toSorted((a, b) => a - b)[Math.max(0, k - 1)]!;
}

/** The answers whose score does not exceed the threshold, in the order given. */
export function conformalSet(
  probabilities: Readonly<Record<string, number>>,
  threshold: number,
): readonly string[] {
  return Object.entries(probabilities)
    .filter(([, p]) => 1 - p <= threshold)
    .map(([answer]) => answer);
}
