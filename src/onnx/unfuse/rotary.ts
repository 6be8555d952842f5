/** Rotary position embedding (Su et al. 2021) as visible operators. */
import { intAttribute } from "../tensorData.ts";
import { splitHeads } from "./attentionCore.ts";
import type { FusedSite } from "./site.ts";

export interface Rotation {
  /** [B, H, S, D], float32. */
  readonly x: string;
  readonly shape: readonly [batch: number, heads: number, length: number, width: number];
  /** Channels turned, from the first; the rest passes. */
  readonly turned: number;
  /** Cosines and sines by position, broadcast to [B, 1, S, turned / 2]. */
  readonly cos: string;
  readonly sin: string;
  /** Pairs are neighbours, instead of first and second half. */
  readonly interleaved: boolean;
}

export function rotate(site: FusedSite, rotation: Rotation): string {
  const { shape, turned, cos, sin, interleaved } = rotation;
  const [batch, heads, length, width] = shape;
  const half = turned / 2;
  const [front = rotation.x, rest] =
    turned === width ? [rotation.x] : site.split(rotation.x, 3, [turned, width - turned]);
  const pairs = interleaved
    ? site.reshape(front, [batch, heads, length, half, 2])
    : site.reshape(front, [batch, heads, length, 2, half]);
  const axis = interleaved ? 4 : 3;
  const flat = [batch, heads, length, half];
  const [real, imaginary] = site
    .split(pairs, axis, [1, 1])
    .map((part) => site.reshape(part, flat)) as [string, string];
  const product = (a: string, b: string): string => site.op("Mul", [a, b]);
  const left = site.op("Sub", [product(real, cos), product(imaginary, sin)]);
  const right = site.op("Add", [product(real, sin), product(imaginary, cos)]);
  const open = interleaved ? [batch, heads, length, half, 1] : [batch, heads, length, 1, half];
  const joined = site.concat([site.reshape(left, open), site.reshape(right, open)], axis);
  const done = site.reshape(joined, [batch, heads, length, turned]);
  return rest === undefined ? done : site.concat([done, rest], 3);
}

/** Rows of a table [positions, half] for position ids [B, S], as [B, 1, S, half]. */
export function rowsAt(
  site: FusedSite,
  table: string,
  ids: string,
  shape: readonly [batch: number, length: number, half: number],
): string {
  const [batch, length, half] = shape;
  const rows = site.op("Gather", [table, ids], { attributes: { axis: { int: 0 } } });
  return site.reshape(rows, [batch, 1, length, half]);
}

/** The heads of a node's first input, in either of its two forms. */
interface Heads {
  readonly x: string;
  readonly shape: readonly [number, number, number, number];
  readonly isSplit: boolean;
}

function headsOf(site: FusedSite, heads: number, width: number): Heads {
  const shape = site.shape(0);
  if (shape.length === 4) {
    return { x: site.wide(0), shape: shape as [number, number, number, number], isSplit: true };
  }
  const [batch = 0, length = 0, hidden = 0] = shape;
  if (shape.length !== 3) throw site.refuse(`its input has ${shape.length} dimensions`);
  const count = heads > 0 ? heads : hidden / width;
  if (!Number.isInteger(count) || hidden % count !== 0) {
    throw site.refuse("its number of heads does not divide its channels");
  }
  const split = [batch, length, count, hidden / count] as const;
  return {
    x: splitHeads(site, site.wide(0), split),
    shape: [batch, count, length, hidden / count],
    isSplit: false,
  };
}

function giveRotated(site: FusedSite, { shape, isSplit }: Heads, turned: string): void {
  const [batch, heads, length, width] = shape;
  site.give(
    0,
    isSplit
      ? turned
      : site.reshape(site.transpose(turned, [0, 2, 1, 3]), [batch, length, heads * width]),
  );
}

/** com.microsoft RotaryEmbedding(x, position_ids, cos_cache, sin_cache). */
export function microsoftRotary(site: FusedSite): void {
  const { node } = site;
  if (site.flag("is_packed_batching")) throw site.refuse("it packs sequences of different lengths");
  const half = site.shape(2)[1] ?? 0;
  const declared = intAttribute(node, "rotary_embedding_dim", 0);
  const turned = declared > 0 ? declared : half * 2;
  const heads = headsOf(site, intAttribute(node, "num_heads", 0), half * 2);
  const [batch, , length, width] = heads.shape;
  if (turned > width || turned !== half * 2) {
    throw site.refuse(`it turns ${turned} of ${width} channels by tables of ${half}`);
  }
  const ids = positionIds(site, [batch, length]);
  const rows = (table: number): string =>
    rowsAt(site, site.wide(table), ids, [batch, length, half]);
  const rotation = { ...heads, turned, cos: rows(2), sin: rows(3) };
  giveRotated(site, heads, rotate(site, { ...rotation, interleaved: site.flag("interleaved") }));
}

/** Position ids [B, S]; a single number is the first position. */
function positionIds(site: FusedSite, shape: readonly [batch: number, length: number]): string {
  const given = site.shape(1);
  if (given.length === 2) return site.input(1);
  const steps = site.reshape(site.ints(Array.from({ length: shape[1] }, (_, i) => i)), [
    1,
    shape[1],
  ]);
  return site.op("Expand", [
    site.op("Add", [site.reshape(site.input(1), [1, 1]), steps]),
    site.ints(shape),
  ]);
}

/** RotaryEmbedding (opset 23): tables by position, or rows already chosen for each place. */
export function onnxRotary(site: FusedSite): void {
  const { node } = site;
  const table = site.shape(1);
  const half = table.at(-1) ?? 0;
  const declared = intAttribute(node, "rotary_embedding_dim", 0);
  const heads = headsOf(site, intAttribute(node, "num_heads", 0), half * 2);
  const [batch, , length, width] = heads.shape;
  const turned = declared > 0 ? declared : width;
  if (turned !== half * 2) {
    throw site.refuse(`it turns ${turned} of ${width} channels by tables of ${half}`);
  }
  const rows = (index: number): string =>
    site.has(3)
      ? rowsAt(site, site.wide(index), site.input(3), [batch, length, half])
      : site.reshape(site.wide(index), [batch, 1, length, half]);
  const rotation = { ...heads, turned, cos: rows(1), sin: rows(2) };
  giveRotated(site, heads, rotate(site, { ...rotation, interleaved: site.flag("interleaved") }));
}
