/**
 * Attention rollout (Abnar & Zuidema 2020): attention followed through the layers, with the residual connection counted as
 * attention to oneself: R = A^_L ... A^_1, A^ = (A + I) / 2, rows normalised.
 */

/**
 * @param layers head-averaged self-attention per layer, first layer first, each [T, T] with rows over the keys.
 * @returns [T, T]; row q says how much each input token contributes to token q; rows sum to 1.
 */
export function attentionRollout(
  layers: readonly ArrayLike<number>[],
  tokens: number,
): Float64Array {
  let rollout = identity(tokens);
  for (const layer of layers) {
    const mixed = new Float64Array(tokens * tokens);
    for (let q = 0; q < tokens; q++) {
      let sum = 0;
      for (let k = 0; k < tokens; k++) {
        const value = 0.5 * layer[q * tokens + k]! + (q === k ? 0.5 : 0);
        mixed[q * tokens + k] = value;
        sum += value;
      }
      for (let k = 0; k < tokens; k++) mixed[q * tokens + k]! /= sum;
    }
    rollout = multiply(mixed, rollout, tokens);
  }
  return rollout;
}

/** What each token is looked at, on average over the queries: the column means of a [T, T] matrix. */
export function receivedPerToken(matrix: Float64Array, tokens: number): Float32Array {
  const out = new Float32Array(tokens);
  for (let k = 0; k < tokens; k++) {
    let sum = 0;
    for (let q = 0; q < tokens; q++) sum += matrix[q * tokens + k]!;
    out[k] = sum / tokens;
  }
  return out;
}

/** One query's row, the answering or class token's for example. */
export function rowOf(matrix: Float64Array, tokens: number, query: number): Float32Array {
  return Float32Array.from(matrix.subarray(query * tokens, (query + 1) * tokens));
}

export function identity(n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  return out;
}

/** a b for n x n matrices. */
export function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const scale = a[i * n + k]!;
      if (scale === 0) continue;
      for (let j = 0; j < n; j++) out[i * n + j]! += scale * b[k * n + j]!;
    }
  }
  return out;
}

/**
 * receivedPerToken(attentionRollout(layers)) without the [T, T] products: the mean over queries is followed as one row
 * vector from the last layer down. [T], sums to 1.
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
