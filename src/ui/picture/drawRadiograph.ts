/** What lies over or beside the grey pictures, as RGBA pixels: differences, attention and outlines. */
import { colorMap, signedIndex } from "../../image/colorMaps.ts";
import type { ColorMapName } from "../../image/colorMaps.ts";

/** Signed difference b - a on a diverging map that clips at +-limit. */
export function differencePixels(
  a: Float32Array,
  b: Float32Array,
  limit: number,
): Uint8ClampedArray<ArrayBuffer> {
  const map = colorMap("signed");
  const out = new Uint8ClampedArray(a.length * 4);
  for (let i = 0; i < a.length; i++) {
    const index = 3 * signedIndex(b[i]! - a[i]!, limit);
    out[4 * i] = map[index]!;
    out[4 * i + 1] = map[index + 1]!;
    out[4 * i + 2] = map[index + 2]!;
    out[4 * i + 3] = 255;
  }
  return out;
}

/**
 * The full scale of the difference picture: the smallest of a fixed ladder that holds `linf`, so that the colours keep
 * their meaning while a slider moves. In grey levels of 255.
 */
export function differenceLimit(linf: number): number {
  const levels = linf * 255;
  return [1, 2, 4, 8, 16, 32, 64, 128, 255].find((limit) => levels <= limit + 1e-6) ?? 255;
}

/**
 * A map over the token grid as RGBA: colour by how far a cell lies above an even share of attention, up to `peak`;
 * opacity rises with it, so that a map that says nothing (attention spread evenly) covers nothing.
 */
export function heatPixels(
  map: Float32Array,
  peak: number,
  name: ColorMapName,
): Uint8ClampedArray<ArrayBuffer> {
  const colors = colorMap(name);
  const even = map.reduce((sum, value) => sum + value, 0) / map.length;
  const out = new Uint8ClampedArray(map.length * 4);
  for (let i = 0; i < map.length; i++) {
    const unit = Math.max(0, Math.min(1, (map[i]! - even) / (peak - even || 1)));
    const index = 3 * Math.round(255 * unit);
    out[4 * i] = colors[index]!;
    out[4 * i + 1] = colors[index + 1]!;
    out[4 * i + 2] = colors[index + 2]!;
    out[4 * i + 3] = Math.round(255 * Math.min(1, 1.25 * unit ** 0.8));
  }
  return out;
}

/** Pixels of a mask's border (4-neighbourhood), as an alpha plane 0 or 255. */
export function maskOutline(mask: Float32Array, size: number): Uint8Array {
  const out = new Uint8Array(mask.length);
  const inside = (row: number, col: number) =>
    row >= 0 && col >= 0 && row < size && col < size && mask[row * size + col]! > 0.5;
  for (let row = 0; row < size; row++) {
    for (let col = 0; col < size; col++) {
      if (!inside(row, col)) continue;
      const isBorder =
        !inside(row - 1, col) ||
        !inside(row + 1, col) ||
        !inside(row, col - 1) ||
        !inside(row, col + 1);
      if (isBorder) out[row * size + col] = 255;
    }
  }
  return out;
}
