/** A film made into a model's square picture as the model's own processor does it with Pillow. */
import { snapToByteLattice } from "./grayImage.ts";
import type { GrayImage } from "./grayImage.ts";
import { pillowResize } from "./pillow.ts";
import type { PillowFilter } from "./pillow.ts";
import { resize } from "./resize.ts";
import type { Box } from "./resize.ts";

/** What a processor does beside squeezing or cutting to the model's size. */
export interface OwnResampling {
  readonly filter: PillowFilter;
  /** Length that the shorter side is brought to before the middle is cut out; the model's size where absent. */
  readonly shortest?: number | undefined;
  /** Length that the longer side is brought to first of all. */
  readonly longest?: number | undefined;
}

/** @param unit the film in [0, 1], its pixels `aspect` times as high as wide */
export function resampledSquare(
  unit: GrayImage,
  {
    size,
    fit,
    aspect,
  }: { readonly size: number; readonly fit: "crop" | "stretch"; readonly aspect: number },
  { filter, shortest = size, longest }: OwnResampling,
): { readonly data: Float32Array; readonly crop: Box } {
  const whole = { top: 0, left: 0, height: unit.rows, width: unit.cols };
  // A picture file has square pixels.
  const square =
    aspect === 1 ? unit : resize(unit, Math.max(1, Math.round(unit.rows * aspect)), unit.cols);
  const bytes = { ...square, data: square.data.slice() };
  snapToByteLattice(bytes.data);
  const film =
    longest === undefined ? bytes : pillowResize(bytes, withLongest(bytes, longest), filter);
  if (fit === "stretch") {
    return { data: pillowResize(film, { rows: size, cols: size }, filter).data, crop: whole };
  }
  const short = Math.max(size, shortest);
  const wanted =
    film.rows <= film.cols
      ? { rows: short, cols: Math.trunc((short * film.cols) / film.rows) }
      : { rows: Math.trunc((short * film.rows) / film.cols), cols: short };
  const resized = pillowResize(film, wanted, filter);
  const top = Math.floor((resized.rows - size) / 2);
  const left = Math.floor((resized.cols - size) / 2);
  const data = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    const from = (top + y) * resized.cols + left;
    data.set(resized.data.subarray(from, from + size), y * size);
  }
  const [high, wide] = [unit.rows / resized.rows, unit.cols / resized.cols];
  const crop = { top: top * high, left: left * wide, height: size * high, width: size * wide };
  return { data, crop };
}

/** The longer side at this length; the shorter one even, as Idefics3's processor has it. */
function withLongest({ rows, cols }: GrayImage, longest: number) {
  const shorter = (long: number, short: number): number => {
    const length = Math.trunc((longest * short) / long);
    return Math.max(1, length + (length % 2));
  };
  return cols >= rows
    ? { rows: shorter(cols, rows), cols: longest }
    : { rows: longest, cols: shorter(rows, cols) };
}
