/** Attention as visible operators: scores, masks, Softmax, and the product with the values. */
import { HIDDEN } from "./site.ts";
import type { FusedSite } from "./site.ts";

export interface AttentionForm {
  /** [B, H, S, D], [B, G, T, D] and [B, G, T, V], float32. H is a multiple of G. */
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly batch: number;
  readonly heads: number;
  readonly groups: number;
  /** Number of queries and of keys. */
  readonly queries: number;
  readonly keys: number;
  /** Channels per head of the keys, and of the values. */
  readonly width: number;
  readonly valueWidth: number;
  readonly scale: number;
  /** Largest size of a score, by a tanh; 0 for none. */
  readonly softcap?: number;
  /** Which keys a query sees, where that is known beforehand. */
  readonly sees?: ((query: number, key: number) => boolean) | undefined;
  /** Added to the scores after softcap; broadcast to [B, H, S, T]. */
  readonly biases?: readonly string[];
  /** A logit per head [H] that takes weight and gives nothing ("attention sink"). */
  readonly sink?: string | undefined;
}

/** The mixed values as [B, S, H V], with the map as an inner value NAME/attention. */
export function attend(site: FusedSite, form: AttentionForm): string {
  const { batch, heads, groups, queries, keys, width, valueWidth } = form;
  const key = perHead(site, form.key, form, width);
  const value = perHead(site, form.value, form, valueWidth);
  const scaled = site.op("Mul", [form.query, site.float(form.scale)]);
  let scores = site.op("MatMul", [scaled, site.transpose(key, [0, 1, 3, 2])]);
  const cap = form.softcap ?? 0;
  if (cap > 0) {
    const small = site.op("Tanh", [site.op("Div", [scores, site.float(cap)])]);
    scores = site.op("Mul", [small, site.float(cap)]);
  }
  for (const bias of form.biases ?? []) scores = site.op("Add", [scores, bias]);
  if (form.sees) {
    const data = new Float32Array(queries * keys);
    for (let q = 0; q < queries; q++) {
      for (let k = 0; k < keys; k++) if (!form.sees(q, k)) data[q * keys + k] = HIDDEN;
    }
    if (data.includes(HIDDEN)) {
      scores = site.op("Add", [scores, site.floats(data, [1, 1, queries, keys])]);
    }
  }
  if (form.sink !== undefined) {
    const column = site.op("Expand", [
      site.reshape(form.sink, [1, heads, 1, 1]),
      site.ints([batch, heads, queries, 1]),
    ]);
    scores = site.concat([scores, column], 3);
  }
  const softmax = { attributes: { axis: { int: -1 } }, outputs: [site.named("attention")] };
  let map = site.op("Softmax", [scores], softmax);
  if (form.sink !== undefined) [map = ""] = site.split(map, 3, [keys, 1]);
  const mixed = site.op("MatMul", [map, value]);
  invariantGroups(site, heads, groups);
  return site.reshape(site.transpose(mixed, [0, 2, 1, 3]), [batch, queries, heads * valueWidth]);
}

function invariantGroups(site: FusedSite, heads: number, groups: number): void {
  if (groups < 1 || heads % groups !== 0) {
    throw site.refuse(`${heads} heads cannot share ${groups} keys and values`);
  }
}

/** [B, G, T, D] repeated to [B, H, T, D], so that neighbouring heads share one group. */
function perHead(site: FusedSite, x: string, form: AttentionForm, width: number): string {
  const { batch, heads, groups, keys } = form;
  if (heads === groups) return x;
  const one = site.reshape(x, [batch, groups, 1, keys, width]);
  const all = site.op("Expand", [one, site.ints([batch, groups, heads / groups, keys, width])]);
  return site.reshape(all, [batch, heads, keys, width]);
}

/** [B, S, H D] as [B, H, S, D]. */
export function splitHeads(
  site: FusedSite,
  x: string,
  [batch, length, heads, width]: readonly [number, number, number, number],
): string {
  return site.transpose(site.reshape(x, [batch, length, heads, width]), [0, 2, 1, 3]);
}

/** A mask of integers that is 0 where a key is hidden, as numbers to add. */
export function hiddenWhereZero(
  site: FusedSite,
  mask: string,
  shape: readonly number[],
  filter: number,
): string {
  const shaped = site.reshape(mask, shape);
  // ORT compares with 0; all integer types are exact in float32 there.
  const shown = site.op("Greater", [site.cast(shaped, 1), site.float(0)]);
  return site.op("Where", [shown, site.float(0), site.float(filter)]);
}

/** Lengths [B] of the keys that count, as numbers to add [B, 1, 1, T]. */
export function hiddenBeyond(
  site: FusedSite,
  lengths: string,
  { batch, keys }: { readonly batch: number; readonly keys: number },
  filter: number,
): string {
  const positions = site.floats(
    Float32Array.from({ length: keys }, (_, i) => i),
    [1, 1, 1, keys],
  );
  const ends = site.reshape(site.cast(lengths, 1), [batch, 1, 1, 1]);
  const shown = site.op("Less", [positions, ends]);
  return site.op("Where", [shown, site.float(0), site.float(filter)]);
}
