/** com.microsoft Attention and MultiHeadAttention as visible operators. */
import { floatAttribute, intAttribute, intsAttribute } from "../tensorData.ts";
import { attend, hiddenBeyond, hiddenWhereZero, splitHeads } from "./attentionCore.ts";
import type { AttentionForm } from "./attentionCore.ts";
import type { FusedSite } from "./site.ts";

/** What an exporter leaves to the runtime: a scale of 0 means 1 / sqrt(width). */
function scaleOf(site: FusedSite, width: number): number {
  const scale = floatAttribute(site.node, "scale", 0);
  return scale === 0 ? 1 / Math.sqrt(width) : scale;
}

function causal(site: FusedSite, past: number): AttentionForm["sees"] {
  return site.flag("unidirectional") ? (q, k) => k <= q + past : undefined;
}

interface Extent {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
}

/** A mask in any of its documented forms that have one meaning, as numbers to add to the scores. */
function maskBias(site: FusedSite, input: number, { batch, queries, keys }: Extent): string[] {
  if (!site.has(input)) return [];
  const filter = floatAttribute(site.node, "mask_filter_value", -10000);
  const shape = site.shape(input);
  const is = (...dims: number[]): boolean =>
    dims.length === shape.length && dims.every((dim, i) => dim === shape[i]);
  const mask = site.input(input);
  if (is(batch)) return [hiddenBeyond(site, mask, { batch, keys }, filter)];
  if (is(batch, keys)) return [hiddenWhereZero(site, mask, [batch, 1, 1, keys], filter)];
  if (is(batch, queries, keys)) {
    return [hiddenWhereZero(site, mask, [batch, 1, queries, keys], filter)];
  }
  throw site.refuse(`its mask has the form [${shape.join(", ")}]`);
}

/** Attention(x, weights, bias, mask_index, past, attention_bias): projections and attention in one. */
export function microsoftAttention(site: FusedSite): void {
  const { node } = site;
  site.refuseInputs({ 4: "keys and values of earlier steps", 6: "a length of earlier steps" });
  if (site.flag("do_rotary")) throw site.refuse("it turns positions by tables of its own");
  if ((node.output[1] ?? "") !== "") throw site.refuse("it returns its keys and values");
  const [batch = 0, queries = 0] = site.shape(0);
  const total = site.shape(1)[1] ?? 0;
  const sizes = intsAttribute(node, "qkv_hidden_sizes") ?? [total / 3, total / 3, total / 3];
  const heads = intAttribute(node, "num_heads", 0);
  const [width = 0, , valueWidth = 0] = sizes.map((size) => size / heads);
  let projected = site.op("MatMul", [site.wide(0), site.wide(1)]);
  if (site.has(2)) projected = site.op("Add", [projected, site.wide(2)]);
  const parts = site.split(projected, 2, sizes);
  const [query = "", key = "", value = ""] = parts.map((part, i) =>
    splitHeads(site, part, [batch, queries, heads, i === 2 ? valueWidth : width]),
  );
  const extent = { batch, queries, keys: queries };
  const biases = [...maskBias(site, 3, extent), ...(site.has(5) ? [site.wide(5)] : [])];
  const form = { query, key, value, heads, groups: heads, width, valueWidth, ...extent };
  const scale = scaleOf(site, width);
  site.give(0, attend(site, { ...form, scale, biases, sees: causal(site, 0) }));
}

/** MultiHeadAttention(query, key, value, bias, key_padding_mask, attention_bias, past_key, past_value). */
export function multiHeadAttention(site: FusedSite): void {
  const { node } = site;
  site.refuseInputs({ 8: "a length of earlier steps", 9: "a table of beams" });
  if ((node.output[3] ?? "") !== "") throw site.refuse("it returns its scores");
  const shape = site.shape(0);
  if (shape.length !== 3 || !site.has(1) || !site.has(2)) {
    throw site.refuse("its queries, keys and values are packed into one value");
  }
  const [batch = 0, queries = 0, hidden = 0] = shape;
  const heads = intAttribute(node, "num_heads", 0);
  const width = hidden / heads;
  const keyShape = site.shape(1);
  const valueShape = site.shape(2);
  if (keyShape.length === 5) throw site.refuse("its keys and values are packed into one value");
  const isSplit = keyShape.length === 4;
  const fresh = isSplit ? keyShape[2]! : keyShape[1]!;
  const valueWidth = valueShape.length === 4 ? valueShape[3]! : valueShape[2]! / heads;
  const sizes = [hidden, hidden, valueWidth * heads];
  const biases = site.has(3) ? site.split(site.wide(3), 0, sizes) : [];
  const withBias = (index: number): string =>
    biases[index] === undefined
      ? site.wide(index)
      : site.op("Add", [site.wide(index), biases[index]]);
  const headed = (index: number, length: number, each: number): string =>
    site.shape(index).length === 4
      ? site.wide(index)
      : splitHeads(site, withBias(index), [batch, length, heads, each]);
  const past = site.has(6) ? (site.shape(6)[2] ?? 0) : 0;
  const joined = (index: number, before: number, each: number): string =>
    past === 0
      ? headed(index, fresh, each)
      : site.concat([site.wide(before), headed(index, fresh, each)], 2);
  const key = joined(1, 6, width);
  const value = joined(2, 7, valueWidth);
  const extent = { batch, queries, keys: fresh + past };
  const added = [...maskBias(site, 4, extent), ...(site.has(5) ? [site.wide(5)] : [])];
  site.give(1, key);
  site.give(2, value);
  const form = { query: headed(0, queries, width), key, value, heads, groups: heads, ...extent };
  const rest = { width, valueWidth, scale: scaleOf(site, width), sees: causal(site, past) };
  site.give(0, attend(site, { ...form, ...rest, biases: added }));
}
