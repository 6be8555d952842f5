import type { GrayImage } from "../image/grayImage.ts";
import { jensenShannonBits } from "../image/jsd.ts";
import { mapSsim } from "../image/ssim.ts";
import { upsampledMap } from "./tokenGrid.ts";

/** How much a map moved between two runs. */
export interface MapComparison {
  /** SSIM of the min-max stretched maps, 7-tap Gaussian window; 1 for equal maps. */
  readonly ssim: number;
  /** Jensen-Shannon divergence of the maps as distributions, bits: 0 equal, 1 disjoint. */
  readonly jsd: number;
}

/** Below this many cells along a side the window does not fit, and maps are enlarged first. */
const WINDOW = 7;

/** Two maps on the same token grid. */
export function compareMaps(a: GrayImage, b: GrayImage): MapComparison {
  const fit = (map: GrayImage) =>
    map.rows >= WINDOW && map.cols >= WINDOW
      ? map
      : upsampledMap(map, Math.max(16, map.rows), Math.max(16, map.cols));
  return { ssim: mapSsim(fit(a), fit(b)), jsd: jensenShannonBits(a.data, b.data) };
}
