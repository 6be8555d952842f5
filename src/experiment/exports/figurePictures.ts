/** The pictures of a figure as PNG data URLs: what the model was given, the difference, and attention over it. */
import { toBase64 } from "../../host/base64url.ts";
import { colorMap, signedIndex } from "../../image/colorMaps.ts";
import { grayImage, toByte } from "../../image/grayImage.ts";
import { exportPng, exportRgbPng } from "../../io/exportPng.ts";
import type { AttentionShown } from "../attentionShown.ts";

function dataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${toBase64(png)}`;
}

export function grayPicture(image: Float32Array, size: number): string {
  return dataUrl(exportPng(grayImage(image, size, size)));
}

/** Full scale of a difference picture, in grey levels of 255: the smallest power of two that holds the largest change. */
export function differenceScale(linf: number): number {
  return Math.min(255, 2 ** Math.ceil(Math.log2(Math.max(1, 255 * linf - 1e-6))));
}

/** Disturbed minus clean, blue below and orange above, clipped at `scale`/255. */
export function differencePicture(
  clean: Float32Array,
  disturbed: Float32Array,
  size: number,
  scale: number,
): string {
  const colors = colorMap("signed");
  const rgb = new Uint8Array(3 * size * size);
  for (let i = 0; i < clean.length; i++) {
    const index = 3 * signedIndex(disturbed[i]! - clean[i]!, scale / 255);
    rgb.set(colors.subarray(index, index + 3), 3 * i);
  }
  return dataUrl(exportRgbPng(rgb, { rows: size, cols: size }));
}

/** Attention as colour over the grey picture; both pictures of a figure share `peak`. */
export function attentionPicture(
  image: Float32Array,
  size: number,
  shown: AttentionShown,
  peak: number,
): string {
  return dataUrl(exportRgbPng(attentionRgb(image, size, shown, peak), { rows: size, cols: size }));
}

/** The same as bytes [size * size * 3], bilinear between cells. */
export function attentionRgb(
  image: Float32Array,
  size: number,
  { grid: [rows, columns], map }: Pick<AttentionShown, "grid" | "map">,
  peak: number,
): Uint8Array {
  const colors = colorMap("lagoon");
  const even = 1 / map.length;
  const rgb = new Uint8Array(3 * size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = [((y + 0.5) / size) * rows - 0.5, ((x + 0.5) / size) * columns - 0.5] as const;
      const value = between(map, [rows, columns], at);
      const unit = Math.max(0, Math.min(1, (value - even) / (peak - even || 1)));
      const cover = 0.65 * unit ** 0.8;
      const gray = toByte(image[y * size + x]!);
      const index = 3 * Math.round(255 * unit);
      for (let c = 0; c < 3; c++) {
        rgb[3 * (y * size + x) + c] = Math.round((1 - cover) * gray + cover * colors[index + c]!);
      }
    }
  }
  return rgb;
}

function between(
  map: Float32Array,
  [rows, columns]: readonly [number, number],
  [row, column]: readonly [number, number],
): number {
  const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value));
  const top = Math.floor(row);
  const left = Math.floor(column);
  const value = (r: number, c: number) =>
    map[clamp(r, rows - 1) * columns + clamp(c, columns - 1)]!;
  const [v, u] = [row - top, column - left];
  return (
    (1 - v) * ((1 - u) * value(top, left) + u * value(top, left + 1)) +
    v * ((1 - u) * value(top + 1, left) + u * value(top + 1, left + 1))
  );
}
