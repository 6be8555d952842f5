import type { GrayImage } from "../image/grayImage.ts";
import { resize } from "../image/resize.ts";

/** A token map drawn over an image of rows x cols pixels, bilinear between token centres. */
export function upsampledMap(map: GrayImage, rows: number, cols: number): GrayImage {
  return resize(map, rows, cols, { filter: "bilinear" });
}
