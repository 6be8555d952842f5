/** A film at its own resolution and at every half of it, so that any zoom has a level that is about as fine as the screen. */
import { isPadding } from "../../image/radiograph.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import { darkest } from "./detail.ts";

export interface PyramidLevel {
  readonly cols: number;
  readonly rows: number;
  /** Modality values, row by row. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** Halves end where a level is no larger than this. */
const SMALLEST = 256;

/** Level 0 is the film; of each next one every value is the mean of 2 x 2 (an odd last row or column is left out). Padding is darkest. */
export function pyramidOf(radiograph: Radiograph): PyramidLevel[] {
  const { cols, rows, values, padding } = radiograph;
  const whole = Float32Array.from(values);
  if (padding) {
    const dark = darkest(radiograph);
    for (let i = 0; i < whole.length; i++) if (isPadding(whole[i]!, radiograph)) whole[i] = dark;
  }
  const levels: PyramidLevel[] = [{ cols, rows, values: whole }];
  for (;;) {
    const last = levels.at(-1)!;
    if (Math.max(last.cols, last.rows) <= SMALLEST || Math.min(last.cols, last.rows) < 2) {
      return levels;
    }
    levels.push(halved(last));
  }
}

function halved({ cols, rows, values }: PyramidLevel): PyramidLevel {
  const [width, height] = [Math.floor(cols / 2), Math.floor(rows / 2)];
  const out = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const upper = 2 * row * cols;
    const lower = upper + cols;
    for (let col = 0; col < width; col++) {
      const x = 2 * col;
      out[row * width + col] =
        (values[upper + x]! +
          values[upper + x + 1]! +
          values[lower + x]! +
          values[lower + x + 1]!) /
        4;
    }
  }
  return { cols: width, rows: height, values: out };
}

/** The coarsest level whose pixels are no larger than the screen’s, where a screen pixel covers `step` of the film's. */
export function levelFor(step: number, levels: number): number {
  return Math.max(0, Math.min(levels - 1, Math.floor(Math.log2(Math.max(1, step)))));
}
