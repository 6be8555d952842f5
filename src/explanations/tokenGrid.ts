import type { GreyImage } from "../image/greyImage.ts";
import { resize } from "../image/resize.ts";

/** A token map drawn over an image of rows x cols pixels, bilinear between token centres. */
export function upsampledMap(map: GreyImage, rows: number, cols: number): GreyImage {
  return resize(map, rows, cols, { filter: "bilinear" });
}
