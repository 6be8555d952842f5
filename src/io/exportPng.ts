/** Pictures as 8-bit PNG: pixels only, no text, time or colour profile. */
import { encode } from "fast-png";
import type { GrayImage } from "../image/grayImage.ts";
import { toByte } from "../image/grayImage.ts";

/**
 * Values are taken as [0, 1] and rounded to k/255, halves up; what lies outside is clipped. A model input (already k/255)
 * comes back exactly when the file is opened at full range 0..255.
 */
export function exportPng({ rows, cols, data }: GrayImage): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(data, toByte);
  const png = encode({ width: cols, height: rows, data: bytes, channels: 1, depth: 8 });
  return Uint8Array.from(png);
}

/** @param rgb bytes, row-major, [rows * cols * 3]. */
export function exportRgbPng(
  rgb: Uint8Array,
  { rows, cols }: Pick<GrayImage, "rows" | "cols">,
): Uint8Array<ArrayBuffer> {
  const png = encode({ width: cols, height: rows, data: rgb, channels: 3, depth: 8 });
  return Uint8Array.from(png);
}
