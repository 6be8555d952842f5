import { LabError } from "../errors/labError.ts";
import type { GreyImage } from "../image/greyImage.ts";
import { resize } from "../image/resize.ts";

/** Height and width of the image tokens' grid. */
export type Grid = readonly [number, number];

/**
 * One value per token as a picture of the token grid. Class and register tokens stand before the image tokens and are
 * dropped. @throws LabError "model-incompatible" when there are fewer values than grid cells.
 */
export function tokensToGrid(values: ArrayLike<number>, [rows, cols]: Grid): GreyImage {
  const first = values.length - rows * cols;
  if (first < 0) {
    throw new LabError(
      "model-incompatible",
      `${values.length} tokens do not fill a grid of ${rows} x ${cols}.`,
    );
  }
  const data = new Float32Array(rows * cols);
  for (let i = 0; i < data.length; i++) data[i] = values[first + i]!;
  return { rows, cols, data };
}

/** A token map drawn over an image of rows x cols pixels, bilinear between token centres. */
export function upsampledMap(map: GreyImage, rows: number, cols: number): GreyImage {
  return resize(map, rows, cols, { filter: "bilinear" });
}
