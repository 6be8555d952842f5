/** Maps of several heads of attention made into one. */
import { LabError } from "../errors/labError.ts";

/** One map a head, one after the other: [heads, cells]. */
export interface HeadMaps {
  readonly heads: number;
  readonly maps: Float32Array;
}

/**
 * Mean of all heads, or of some. @param heads which; all by default.
 * @throws LabError "not-found" for a head that is not there.
 */
export function headMean(layer: HeadMaps, heads?: readonly number[]): Float32Array {
  const chosen = heads ?? Array.from({ length: layer.heads }, (_, head) => head);
  const cells = layer.maps.length / layer.heads;
  const mean = new Float32Array(cells);
  for (const head of chosen) {
    if (!(Number.isInteger(head) && head >= 0 && head < layer.heads)) {
      throw new LabError("not-found", `There is no head ${head} in a layer of ${layer.heads}.`);
    }
    for (let i = 0; i < cells; i++) {
      mean[i] = mean[i]! + layer.maps[head * cells + i]! / chosen.length;
    }
  }
  return mean;
}
