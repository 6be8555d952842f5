/** Whether a map points at what is known to be there. */
import { cellMeans } from "./cells.ts";

export interface Localization {
  /** Pointing game (Zhang et al. 2018): whether the strongest cell touches the mask. */
  readonly hit: boolean;
  /** Energy-based pointing game (Wang et al. 2020): share of the map's positive weight inside the mask, [0, 1]. */
  readonly energy: number;
  /** Share of the picture that the mask covers: what the energy of an even map would be. */
  readonly area: number;
}

/**
 * @param mask coverage of each pixel, [size * size], 0 to 1
 * @returns null where the map has no positive weight or the mask is empty
 */
export function localization(
  map: Float32Array,
  grid: readonly [number, number],
  mask: Float32Array,
): Localization | null {
  const coverage = cellMeans(mask, Math.round(Math.sqrt(mask.length)), grid);
  let [total, inside, strongest] = [0, 0, 0];
  for (let i = 0; i < map.length; i++) {
    const weight = Math.max(0, map[i]!);
    total += weight;
    inside += weight * coverage[i]!;
    if (map[i]! > map[strongest]!) strongest = i;
  }
  const area = mask.reduce((sum, value) => sum + value, 0) / mask.length;
  if (total === 0 || area === 0) return null;
  return { hit: coverage[strongest]! > 0, energy: inside / total, area };
}
