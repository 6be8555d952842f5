/**
 * A radiograph at its own resolution on the square that the model saw, in the file's own units: the reader's display window
 * reaches whatever the file holds, also what the model's window clipped.
 */
import { isPadding } from "../../image/radiograph.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import { resize } from "../../image/resize.ts";
import type { Box } from "../../image/resize.ts";

export interface SquarePicture {
  readonly size: number;
  readonly image: Float32Array<ArrayBuffer>;
}

/**
 * The part that the model is given, one value for each of the film's pixels up to `size` a side. Padding, and what lies beyond the
 * film, takes the value that is shown darkest.
 * @returns modality values, not inverted for MONOCHROME1.
 */
export function detailOf(radiograph: Radiograph, square: Box, size: number): SquarePicture {
  const { rows, cols, values, padding, pixelAspect } = radiograph;
  const unit = Float32Array.from(values);
  // Measured from the darkest, so that nothing is as dark as that.
  const dark = darkest(radiograph);
  for (let i = 0; i < unit.length; i++) {
    unit[i] = padding && isPadding(unit[i]!, radiograph) ? 0 : unit[i]! - dark;
  }
  const side = Math.min(size, Math.round(Math.max(square.width, square.height)));
  // Whole pixels of the film stay whole pixels: half a pixel of shift would blend each with its neighbour.
  const box =
    pixelAspect === 1
      ? { ...square, top: Math.floor(square.top), left: Math.floor(square.left) }
      : square;
  const { data } = resize({ rows, cols, data: unit }, side, side, { box, beyond: "zero" });
  return { size: side, image: Float32Array.from(data, (value) => value + dark) };
}

/** The same picture at no more than `size` a side: what is drawn where a screen has no use for more. */
export function previewOf(picture: SquarePicture, size: number): SquarePicture {
  if (picture.size <= size) return picture;
  const { size: side, image } = picture;
  const { data } = resize({ rows: side, cols: side, data: image }, size, size);
  return { size, image: Float32Array.from(data) };
}

/** The value that is shown darkest, padding left out; 0 where all is padding. */
export function darkest(radiograph: Radiograph): number {
  const sign = radiograph.photometric === "MONOCHROME1" ? -1 : 1;
  let least = Infinity;
  for (const value of radiograph.values) {
    if (!isPadding(value, radiograph)) least = Math.min(least, sign * value);
  }
  return least === Infinity ? 0 : sign * least;
}

export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Part of a square picture, row by row. */
export function cutOut({ size, image }: SquarePicture, box: PixelBox): Float32Array {
  const out = new Float32Array(box.width * box.height);
  for (let row = 0; row < box.height; row++) {
    const start = (box.top + row) * size + box.left;
    out.set(image.subarray(start, start + box.width), row * box.width);
  }
  return out;
}
