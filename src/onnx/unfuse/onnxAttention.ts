/** Attention of the default operator set (23 and 24) as visible operators. */
import { ELEMENT_TYPE } from "../messages.ts";
import { attributeOf, floatAttribute, intAttribute } from "../tensorData.ts";
import { attend, splitHeads } from "./attentionCore.ts";
import { HIDDEN } from "./site.ts";
import type { FusedSite } from "./site.ts";

/** Attention(Q, K, V, attn_mask, past_key, past_value, nonpad_kv_seqlen). */
export function onnxAttention(site: FusedSite): void {
  const { node } = site;
  site.refuseInputs({ 6: "lengths of padded keys" });
  if ((node.output[3] ?? "") !== "") throw site.refuse("it returns its scores");
  const softcap = floatAttribute(node, "softcap", 0);
  const query = headed(site, 0, "q_num_heads");
  const key = headed(site, 1, "kv_num_heads");
  const value = headed(site, 2, "kv_num_heads");
  const [batch, heads, queries, width] = query.shape;
  const [, groups, fresh] = key.shape;
  const past = site.has(4) ? (site.shape(4)[2] ?? 0) : 0;
  const joined = (before: number, x: string): string =>
    past === 0 ? x : site.concat([site.wide(before), x], 2);
  const keys = joined(4, key.x);
  const values = joined(5, value.x);
  site.give(1, keys);
  site.give(2, values);
  const mixed = attend(site, {
    query: query.x,
    key: keys,
    value: values,
    batch,
    heads,
    groups,
    queries,
    keys: fresh + past,
    width,
    valueWidth: value.shape[3],
    scale:
      attributeOf(node, "scale") === undefined
        ? 1 / Math.sqrt(width)
        : floatAttribute(node, "scale", 0),
    softcap,
    sees: site.flag("is_causal") ? (q, k) => k <= q + past : undefined,
    biases: maskBias(site, fresh + past),
  });
  if (site.shape(0).length === 3) {
    site.give(0, mixed);
    return;
  }
  const split = [batch, queries, heads, value.shape[3]] as const;
  site.give(0, splitHeads(site, mixed, split));
}

interface Headed {
  readonly x: string;
  readonly shape: readonly [batch: number, heads: number, length: number, width: number];
}

function headed(site: FusedSite, index: number, attribute: string): Headed {
  const shape = site.shape(index);
  if (shape.length === 4) {
    return { x: site.wide(index), shape: shape as [number, number, number, number] };
  }
  const [batch = 0, length = 0, hidden = 0] = shape;
  const heads = intAttribute(site.node, attribute, 0);
  const split = [batch, length, heads, hidden / heads] as const;
  return {
    x: splitHeads(site, site.wide(index), split),
    shape: [batch, heads, length, hidden / heads],
  };
}

/** A mask of numbers is added; one of truth values hides keys where it is false. */
function maskBias(site: FusedSite, keys: number): string[] {
  if (!site.has(3)) return [];
  const shape = site.shape(3);
  if ((shape.at(-1) ?? 0) !== keys) throw site.refuse("its mask is shorter than its keys");
  if (site.type(3) !== ELEMENT_TYPE.bool) return [site.wide(3)];
  return [site.op("Where", [site.input(3), site.float(0), site.float(HIDDEN)])];
}
