/** Whether a stated confidence is the rate of being right. */

export interface CalibrationBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** NaN in an empty bin. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Expected calibration error: mean of |accuracy - confidence| over bins, weighted by their counts. */
  readonly ece: number;
  /** Mean squared difference of confidence and correctness. */
  readonly brier: number;
  readonly bins: readonly CalibrationBin[];
}

/** @param bins equal parts of [0, 1]. @returns null for no cases. */
export function calibration(
  cases: readonly { readonly confidence: number; readonly correct: boolean }[],
  bins = 10,
): Calibration | null {
  if (cases.length === 0) return null;
  const table = Array.from({ length: bins }, (_, k) => {
    const members = cases.filter((c) => Math.min(bins - 1, Math.floor(c.confidence * bins)) === k);
    const count = members.length;
    return {
      low: k / bins,
      high: (k + 1) / bins,
      count,
      confidence: members.reduce((sum, c) => sum + c.confidence, 0) / count,
      accuracy: members.filter((c) => c.correct).length / count,
    };
  });
  const ece = table.reduce(
    (sum, b) => (b.count === 0 ? sum : sum + b.count * Math.abs(b.accuracy - b.confidence)),
    0,
  );
  const brier = cases.reduce((sum, c) => sum + (c.confidence - Number(c.correct)) ** 2, 0);
  return { ece: ece / cases.length, brier: brier / cases.length, bins: table };
}
