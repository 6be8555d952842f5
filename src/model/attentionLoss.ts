/** Attention in a mask as one number, from attention maps after their softmax: what `withAttentionLoss` computes in a graph. */
import type { AttentionLossName, AttentionObjective } from "./objective.ts";

/**
 * How the entries of one attention map [windows, heads, queries, keys] (or without windows) weigh in a goal. The weights have
 * the shape [windows, 1, rows, keys], where one row stands for all queries.
 */
export interface WeighedMap {
  readonly shape: readonly number[];
  readonly weights: readonly number[];
  /** Share of each key's place that the mask covers. */
  readonly inside: Float32Array;
  /** 1 for keys with a place in the picture, seen by a query that counts; 0 elsewhere. */
  readonly counted: Float32Array;
}

/** Share of each cell of a grid that a mask of size * size pixels covers, row by row. */
export function cellShares(
  mask: Float32Array,
  [rows, columns]: readonly [number, number],
): Float32Array {
  const size = Math.sqrt(mask.length);
  const [sums, counts] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
  for (let y = 0; y < size; y++) {
    const row = Math.floor(((y + 0.5) * rows) / size);
    for (let x = 0; x < size; x++) {
      const cell = row * columns + Math.floor(((x + 0.5) * columns) / size);
      sums[cell]! += mask[y * size + x]!;
      counts[cell]! += 1;
    }
  }
  return Float32Array.from(sums, (sum, cell) => (counts[cell]! > 0 ? sum / counts[cell]! : 0));
}

/** Weights of a map whose rows are already averaged over the picture: [heads, cells]. */
export function weighedCells(
  mask: Float32Array,
  heads: number,
  grid: readonly [number, number],
): WeighedMap {
  const inside = cellShares(mask, grid);
  const cells = inside.length;
  return {
    shape: [heads, 1, cells],
    weights: [1, 1, cells],
    inside,
    counted: new Float32Array(cells).fill(1),
  };
}

/**
 * Signed weights of the scores: their mean over the mask less their mean over all that counts, averaged over the rows that
 * see the mask. They sum to 0 in each row, so that scores and the logarithm of the map give the same number.
 */
export function contrastOf({ shape, weights, inside, counted }: WeighedMap): Float32Array {
  const keys = shape.at(-1)!;
  const contrast = new Float32Array(inside.length);
  let seeing = 0;
  for (let row = 0; row < inside.length; row += keys) {
    let [within, all] = [0, 0];
    for (let k = row; k < row + keys; k++) {
      within += inside[k]! * counted[k]!;
      all += counted[k]!;
    }
    if (within === 0) continue;
    seeing++;
    for (let k = row; k < row + keys; k++)
      contrast[k] = (inside[k]! * counted[k]!) / within - counted[k]! / all;
  }
  const alike = weights.at(-2) === 1 ? shape.at(-2)! : 1;
  return contrast.map((weight) => weight / Math.max(1, seeing * alike));
}

/** Below the smallest normal float32 a share has no logarithm worth the name. */
const LEAST = 1.2e-38;

/**
 * The mean over maps and their heads, negated where attention is driven out of the mask.
 * @param maps each after its softmax, with its weights; at least one.
 */
export function attentionLoss(
  { loss, aim }: Pick<AttentionObjective, "loss" | "aim">,
  maps: readonly { readonly data: Float32Array; readonly weighed: WeighedMap }[],
): number {
  const each = maps.map(({ data, weighed }) => meanOverHeads(loss, data, weighed));
  const mean = each.reduce((a, b) => a + b, 0) / each.length;
  return aim === "towards" ? mean : -mean;
}

function meanOverHeads(loss: AttentionLossName, data: Float32Array, weighed: WeighedMap): number {
  const { shape, weights, inside, counted } = weighed;
  const [heads, queries, keys] = [shape.at(-3)!, shape.at(-2)!, shape.at(-1)!];
  const rows = weights.at(-2)!;
  const contrast = loss === "scores" ? contrastOf(weighed) : undefined;
  const [tops, bottoms] = [new Float64Array(heads), new Float64Array(heads)];
  for (let i = 0; i < data.length; i++) {
    const key = i % keys;
    const query = Math.floor(i / keys) % queries;
    const head = Math.floor(i / (keys * queries)) % heads;
    const window = Math.floor(i / (keys * queries * heads));
    const at = (window * rows + (rows === 1 ? 0 : query)) * keys + key;
    if (contrast) {
      if (contrast[at] !== 0) tops[head]! += contrast[at]! * Math.log(Math.max(LEAST, data[i]!));
    } else {
      tops[head]! += data[i]! * inside[at]! * counted[at]!;
      bottoms[head]! += data[i]! * counted[at]!;
    }
  }
  return tops.reduce((sum, top, head) => sum + top / (contrast ? 1 : bottoms[head]!), 0) / heads;
}
