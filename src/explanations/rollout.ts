/**
 * Attention rollout (Abnar & Zuidema 2020): attention followed through the layers, with the residual connection counted as
 * attention to oneself: R = A^_L ... A^_1, A^ = (A + I) / 2, rows normalised.
 */

/**
 * What each token is looked at, on average over the queries: the column means of R, without the [T, T] products. The mean over
 * queries is followed as one row vector from the last layer down.
 * @param layers head-averaged self-attention per layer, first layer first, each [T, T] with rows over the keys.
 * @returns [T], sums to 1.
 */
export function rolloutReceived(
  layers: readonly ArrayLike<number>[],
  tokens: number,
): Float32Array {
  let row = new Float64Array(tokens).fill(1 / tokens);
  for (const layer of layers.toReversed()) {
    const next = new Float64Array(tokens);
    for (let q = 0; q < tokens; q++) {
      let sum = 0;
      for (let k = 0; k < tokens; k++) sum += layer[q * tokens + k]!;
      const weight = row[q]! / (0.5 * sum + 0.5);
      for (let k = 0; k < tokens; k++) next[k]! += weight * 0.5 * layer[q * tokens + k]!;
      next[q]! += weight * 0.5;
    }
    row = next;
  }
  return Float32Array.from(row);
}
