/** Attention taps of a graph as maps over the image's token grid. */
import { LabError } from "../errors/labError.ts";
import { positiveShare, relevanceOfRow } from "../explanations/gradientRelevance.ts";
import type { AttentionLayer, AttentionMatrix } from "../model/visionLanguageModel.ts";
import { floatData } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TapGradient } from "./gradientGraph.ts";

/** Sizes of one attention tensor [1, N, Q, K]; rows over K sum to 1. */
interface TapShape {
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
}

function tapShape(tensor: Tensor, tap: string): TapShape {
  const [batch, heads, queries, keys] = tensor.shape;
  if (tensor.shape.length !== 4 || batch !== 1 || !heads || !queries || !keys) {
    throw new LabError(
      "model-incompatible",
      `Attention ${tap} has shape [${tensor.shape.join(", ")}], expected [1, heads, queries, keys].`,
    );
  }
  return { heads, queries, keys };
}

/**
 * Self-attention as "how much is this image token attended to": per head the mean over queries, restricted to the last
 * `tokens` keys (class or register tokens come first) and renormalised to sum 1.
 */
export function receivedAttention(
  tensor: Tensor,
  tap: string,
  layer: number,
  tokens: number,
): AttentionLayer {
  const { heads, queries, keys } = tapShape(tensor, tap);
  const data = floatData(tensor, tap);
  const first = keys - tokens;
  const maps = new Float32Array(heads * tokens);
  for (let head = 0; head < heads; head++) {
    const map = maps.subarray(head * tokens, (head + 1) * tokens);
    for (let query = 0; query < queries; query++) {
      const row = (head * queries + query) * keys + first;
      for (let key = 0; key < tokens; key++) map[key] = map[key]! + data[row + key]!;
    }
    normalizeSum(map);
  }
  return { tap, kind: "self", layer, heads, maps };
}

/** Cross-attention of one text position: per head its row over the image tokens. */
export function attentionOfPosition(
  tensor: Tensor,
  tap: string,
  layer: number,
  position: number,
): AttentionLayer {
  const { heads, queries, keys } = tapShape(tensor, tap);
  const data = floatData(tensor, tap);
  const maps = new Float32Array(heads * keys);
  for (let head = 0; head < heads; head++) {
    const row = (head * queries + position) * keys;
    maps.set(data.subarray(row, row + keys), head * keys);
  }
  return { tap, kind: "cross", layer, heads, maps };
}

/** Head-averaged attention matrix [Q * K]; rows sum to 1. */
export function headMean(tensor: Tensor, tap: string): AttentionMatrix {
  const { heads, queries, keys } = tapShape(tensor, tap);
  const data = floatData(tensor, tap);
  const size = queries * keys;
  const mean = new Float32Array(size);
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < size; i++) mean[i] = mean[i]! + data[head * size + i]! / heads;
  }
  return mean;
}

/**
 * Relevance of image tokens for the answer (Chefer et al. 2021, their rule for an encoder with a decoder): what the
 * answering position draws from the tokens across all cross-attention layers, followed down through the encoder.
 */
export function answerRelevance(
  taps: readonly TapGradient[],
  position: number,
  gridTokens: number,
): Float32Array {
  const tokens = taps[0]?.tap.shape.at(-1) ?? 0;
  const self = taps.filter(({ tap: { shape } }) => shape.at(-2) === tokens);
  const row = new Float64Array(tokens);
  for (const { tap, attention, gradient } of taps) {
    const [, heads = 1, queries = 1] = tap.shape;
    if (queries === tokens) continue;
    const share = positiveShare({ heads, attention, gradient }, queries * tokens);
    for (let k = 0; k < tokens; k++) row[k]! += share[position * tokens + k]!;
  }
  const layers = self.map(({ tap, attention, gradient }) => ({
    heads: tap.shape[1] ?? 1,
    attention,
    gradient,
  }));
  const map = Float32Array.from(relevanceOfRow(row, layers, tokens).slice(-gridTokens));
  normalizeSum(map);
  return map;
}

function normalizeSum(map: Float32Array): void {
  let sum = 0;
  for (const value of map) sum += value;
  if (sum > 0) for (let i = 0; i < map.length; i++) map[i] = map[i]! / sum;
}
