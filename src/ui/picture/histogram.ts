/** How often each grey value occurs on a film, in bins of equal width over what there is. */
export interface Histogram {
  readonly low: number;
  readonly high: number;
  /** Share of the counted pixels, [0, 1], by bin. */
  readonly shares: Float64Array;
}

/** @param isCounted leaves out what is no part of the exposed field */
export function histogramOf(
  values: ArrayLike<number>,
  bins: number,
  isCounted: (value: number) => boolean,
): Histogram {
  let [low, high, count] = [Infinity, -Infinity, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!isCounted(value)) continue;
    count++;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const shares = new Float64Array(bins);
  if (count === 0) return { low: 0, high: 1, shares };
  const scale = bins / (high - low || 1);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (isCounted(value)) shares[Math.min(bins - 1, Math.floor((value - low) * scale))]! += 1;
  }
  for (let bin = 0; bin < bins; bin++) shares[bin]! /= count;
  return { low, high, shares };
}
