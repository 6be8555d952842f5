/** Attention maps of several heads and layers made into one. */
import { LabError } from "../errors/labError.ts";

/** Maps of the heads of one layer over the image tokens: [heads, tokens]. */
export interface HeadMaps {
  readonly heads: number;
  readonly maps: Float32Array;
}

/**
 * Mean of a layer's heads, or of some of them. @param heads which; all by default.
 * @throws LabError "not-found" for a head that is not there.
 */
export function headMeanMap(layer: HeadMaps, heads?: readonly number[]): Float32Array {
  const chosen = heads ?? Array.from({ length: layer.heads }, (_, head) => head);
  const tokens = layer.maps.length / layer.heads;
  const out = new Float32Array(tokens);
  for (const head of chosen) {
    if (!(Number.isInteger(head) && head >= 0 && head < layer.heads)) {
      throw new LabError("not-found", `There is no head ${head} in a layer of ${layer.heads}.`);
    }
    for (let i = 0; i < tokens; i++) {
      out[i] = out[i]! + layer.maps[head * tokens + i]! / chosen.length;
    }
  }
  return out;
}

/**
 * Weighted mean of layer maps, sum 1. By default layer i of L weighs (i + 1) / L, so that late layers, nearer to the
 * answer, count more.
 */
export function layerWeightedMean(
  maps: readonly ArrayLike<number>[],
  weights: readonly number[] = maps.map((_, layer) => (layer + 1) / maps.length),
): Float32Array {
  const tokens = maps[0]?.length ?? 0;
  const out = new Float64Array(tokens);
  maps.forEach((map, layer) => {
    for (let i = 0; i < tokens; i++) out[i] = out[i]! + weights[layer]! * map[i]!;
  });
  const sum = out.reduce((a, b) => a + b, 0);
  return Float32Array.from(out, (value) => (sum > 0 ? value / sum : 1 / tokens));
}
