/** Bringing maps to a common scale before they are shown or compared. */

/** Stretches to [0, 1]; a constant map becomes 0 everywhere (there is nothing to see in it). */
export function minMaxNormalized(data: ArrayLike<number>): Float32Array {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < data.length; i++) {
    if (data[i]! < min) min = data[i]!;
    if (data[i]! > max) max = data[i]!;
  }
  const scale = max > min ? 1 / (max - min) : 0;
  return Float32Array.from(data, (value) => (value - min) * scale);
}

/** A map as a probability distribution; negative values count as 0, an empty map becomes uniform. */
export function sumNormalized(data: ArrayLike<number>): Float64Array {
  const positive = Float64Array.from(data, (value) => Math.max(0, value));
  let sum = 0;
  for (let i = 0; i < positive.length; i++) sum += positive[i]!;
  return sum > 0 ? positive.map((value) => value / sum) : positive.fill(1 / positive.length);
}
