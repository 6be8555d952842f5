/** Attention maps of several layers made into one. */

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
