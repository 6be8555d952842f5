/** com.microsoft GroupQueryAttention as visible operators, for a whole prompt (no earlier steps). */
import { floatAttribute, intAttribute } from "../tensorData.ts";
import { attend, splitHeads } from "./attentionCore.ts";
import { rotate, rowsAt } from "./rotary.ts";
import type { FusedSite } from "./site.ts";

/**
 * GroupQueryAttention(query, key, value, past_key, past_value, seqlens_k, total_sequence_length, cos_cache, sin_cache,
 * position_ids, attention_bias, head_sink). Query i sees keys 0..i: rows that are padded on the right are exact, as the
 * padding lies behind every query that counts.
 */
export function groupQueryAttention(site: FusedSite): void {
  const { node } = site;
  if (site.has(3) && (site.shape(3)[2] ?? 0) > 0) {
    throw site.refuse(
      "it reads keys and values of earlier steps; a gradient needs the whole prompt in one run",
    );
  }
  site.refuseInputs({ 12: "quantized keys", 13: "quantized values" });
  if (intAttribute(node, "qk_output", 0) !== 0) throw site.refuse("it returns its scores");
  const heads = intAttribute(node, "num_heads", 0);
  const groups = intAttribute(node, "kv_num_heads", 0);
  const [batch = 0, length = 0, hidden = 0] = site.shape(0);
  const isPacked = !site.has(1);
  const width = hidden / (isPacked ? heads + 2 * groups : heads);
  const parts = isPacked
    ? site.split(
        site.wide(0),
        2,
        [heads, groups, groups].map((count) => count * width),
      )
    : [0, 1, 2].map((index) => site.wide(index));
  const [query = "", key = "", value = ""] = parts.map((part, i) =>
    splitHeads(site, part, [batch, length, i === 0 ? heads : groups, width]),
  );
  const turn = site.flag("do_rotary") ? turning(site, batch, length, width) : undefined;
  const turnedKey = turn?.(key, groups) ?? key;
  site.give(1, turnedKey);
  site.give(2, value);
  const window = intAttribute(node, "local_window_size", -1);
  const scale = floatAttribute(node, "scale", 0);
  const sink = site.has(11)
    ? site.wide(11)
    : site.flag("smooth_softmax")
      ? site.floats(new Float32Array(heads), [heads])
      : undefined;
  const mixed = attend(site, {
    query: turn?.(query, heads) ?? query,
    key: turnedKey,
    value,
    batch,
    heads,
    groups,
    queries: length,
    keys: length,
    width,
    valueWidth: width,
    scale: scale === 0 ? 1 / Math.sqrt(width) : scale,
    softcap: floatAttribute(node, "softcap", 0),
    sees: (q, k) => k <= q && (window < 0 || q - k < window),
    biases: site.has(10) ? [site.wide(10)] : [],
    sink,
  });
  site.give(0, mixed);
}

/** Rotary embedding inside: positions 0.. or the given ones. */
function turning(
  site: FusedSite,
  batch: number,
  length: number,
  width: number,
): (x: string, heads: number) => string {
  const half = site.shape(7)[1] ?? 0;
  const ids = site.has(9)
    ? site.input(9)
    : site.op("Expand", [
        site.reshape(site.ints(Array.from({ length }, (_, i) => i)), [1, length]),
        site.ints([batch, length]),
      ]);
  const [cos, sin] = [7, 8].map((table) =>
    rowsAt(site, site.wide(table), ids, [batch, length, half]),
  ) as [string, string];
  const interleaved = site.flag("rotary_interleaved");
  return (x, heads) =>
    rotate(site, {
      x,
      shape: [batch, heads, length, width],
      turned: half * 2,
      cos,
      sin,
      interleaved,
    });
}
