/** Rollout and gradient relevance as they are defined, by products of [T, T] matrices: what the product's row-wise forms must equal. */
import { positiveShare } from "../explanations/gradientRelevance.ts";
import type { AttentionGradient } from "../explanations/gradientRelevance.ts";

/** @param layers first layer first. @returns [T, T]; row q is the relevance of every input token for token q. */
export function gradientRelevance(
  layers: readonly AttentionGradient[],
  tokens: number,
): Float64Array {
  let relevance = identity(tokens);
  const size = tokens * tokens;
  for (const layer of layers) {
    const update = multiply(positiveShare(layer, size), relevance, tokens);
    relevance = relevance.map((r, i) => r + update[i]!);
  }
  return relevance;
}

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

function identity(n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  return out;
}

/** a b for n x n matrices. */
function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
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
