/** Attention taps of a graph as maps over the image's token grid. */
import { LabError } from "../errors/labError.ts";
import { positiveShare, relevanceOfRow } from "../explanations/gradientRelevance.ts";
import type { AttentionLayer, AttentionMatrix } from "../model/visionLanguageModel.ts";
import { headMean } from "../tensor/headMean.ts";
import { floatsOf } from "../onnx/tensorData.ts";
import type { PlacedTap } from "../onnx/placement.ts";
import type { AttentionTap } from "../onnx/taps.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TapGradient } from "./lossGraphs.ts";
import type { PictureTap } from "./readyModel.ts";

/** Sizes of one attention tensor [B, N, Q, K], or [N, Q, K] of one image; rows over K sum to 1. */
interface TapShape {
  /** Windows of the one image; 1 where tokens see it whole. */
  readonly windows: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
}

function tapShape(tensor: Tensor, tap: string): TapShape {
  const rank = tensor.shape.length;
  const [windows, heads, queries, keys] = rank === 3 ? [1, ...tensor.shape] : tensor.shape;
  if (rank < 3 || rank > 4 || !windows || !heads || !queries || !keys) {
    throw new LabError(
      "model-incompatible",
      `Attention ${tap} has shape [${tensor.shape.join(", ")}], expected [windows, heads, queries, keys].`,
    );
  }
  return { windows, heads, queries, keys };
}

/**
 * "How much is this image token attended to": per head the mean over the queries of all windows, restricted to keys with
 * a place on the grid (class and register tokens and padding have none) and renormalised to sum 1.
 */
export function receivedAttention(
  tensor: Tensor,
  { tap, kind, rows, columns, cells }: PlacedTap,
  layer: number,
): AttentionLayer {
  const { windows, heads, queries, keys } = tapShape(tensor, tap.name);
  const data = floatsOf(tensor, tap.name);
  const places = rows * columns;
  const maps = new Float32Array(heads * places);
  for (let head = 0; head < heads; head++) {
    const map = maps.subarray(head * places, (head + 1) * places);
    for (let window = 0; window < windows; window++) {
      const place = cells.subarray(window * keys, (window + 1) * keys);
      for (let query = 0; query < queries; query++) {
        const row = ((window * heads + head) * queries + query) * keys;
        for (let key = 0; key < keys; key++) {
          const cell = place[key]!;
          if (cell >= 0) map[cell] = map[cell]! + data[row + key]!;
        }
      }
    }
    normalizeSum(map);
  }
  return { tap: tap.name, kind, layer, heads, grid: [rows, columns], maps };
}

/** A text position of a cross-attention layer. */
export interface AskingPosition {
  readonly tap: string;
  readonly layer: number;
  readonly position: number;
  readonly grid: readonly [number, number];
  /** True where the position also looks at words: what goes to the picture is then brought to sum 1. */
  readonly isShared?: boolean;
}

/** Cross-attention of one text position: per head its row over the image tokens that have a place, brought to sum 1. */
export function attentionOfPosition(
  tensor: Tensor,
  { tap, layer, position, grid, isShared = false }: AskingPosition,
): AttentionLayer {
  const { heads, queries, keys } = tapShape(tensor, tap);
  const data = floatsOf(tensor, tap);
  const places = Math.min(keys, grid[0] * grid[1]);
  const maps = new Float32Array(heads * places);
  for (let head = 0; head < heads; head++) {
    const row = (head * queries + Math.min(position, queries - 1)) * keys;
    const map = maps.subarray(head * places, (head + 1) * places);
    // Class tokens stand before those of the picture, and have no place on it.
    map.set(data.subarray(row + keys - places, row + keys));
    if (isShared || places < keys) normalizeSum(map);
  }
  return { tap, kind: "cross", layer, heads, grid, maps };
}

/** Head-averaged attention matrix [Q * K]; rows sum to 1. */
export function matrixOf(tensor: Tensor, tap: string): AttentionMatrix {
  return headMean({ maps: floatsOf(tensor, tap), heads: tapShape(tensor, tap).heads });
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
  if (self.length === taps.length) row[classToken(tokens, gridTokens)] = 1;
  for (const { tap, attention, gradient } of taps) {
    const [, heads = 1, queries = 1] = tap.shape;
    if (tap.texts) {
      addTexts(row, { attention, gradient }, tap.texts);
      continue;
    }
    if (queries === tokens) continue;
    const share = positiveShare({ heads, attention, gradient }, queries * tokens);
    // A pooling head asks once, whatever the question.
    const at = Math.min(position, queries - 1) * tokens;
    for (let k = 0; k < tokens; k++) row[k]! += share[at + k]!;
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

/** What all tokens of all captions draw from the picture: the margin hangs on each of them, and on no padding. */
function addTexts(
  row: Float64Array,
  { attention, gradient }: Pick<TapGradient, "attention" | "gradient">,
  { shape: [texts = 1, heads = 1, queries = 1, tokens = 1] }: AttentionTap,
): void {
  const size = heads * queries * tokens;
  for (let text = 0; text < texts; text++) {
    const of = (whole: Float32Array) => whole.subarray(text * size, (text + 1) * size);
    const maps = { heads, attention: of(attention), gradient: of(gradient) };
    const share = positiveShare(maps, queries * tokens);
    for (let k = 0; k < share.length; k++) row[k % tokens]! += share[k]!;
  }
}

/** The token that a model without attention from the answer to the picture answers by. */
function classToken(tokens: number, gridTokens: number): number {
  if (tokens > gridTokens) return 0;
  throw new LabError(
    "graph-unsupported-op",
    "This model does not show what its answer pays to the picture's tokens, so no relevance can be followed down to them.",
    { hint: "Occlusion and integrated gradients need no attention." },
  );
}

/** The part of a map over one sequence that prompt tokens pay to the picture's; any other map as it is. */
export function onPicture(whole: Float32Array, { within, shape }: PictureTap): Float32Array {
  if (!within) return whole;
  const [, heads = 1, queries = 1, keys = 1] = shape;
  const [sequence, width] = within.tap.shape.slice(-2) as [number, number];
  const part = new Float32Array(heads * queries * keys);
  for (let head = 0; head < heads; head++) {
    for (const [query, row] of within.rows.entries()) {
      const from = (head * sequence + row) * width;
      const to = (head * queries + query) * keys;
      for (const [key, column] of within.columns.entries()) part[to + key] = whole[from + column]!;
    }
  }
  return part;
}

function normalizeSum(map: Float32Array): void {
  let sum = 0;
  for (const value of map) sum += value;
  if (sum > 0) for (let i = 0; i < map.length; i++) map[i] = map[i]! / sum;
}
