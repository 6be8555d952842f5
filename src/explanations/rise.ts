/**
 * RISE (Petsiuk, Das & Saenko 2018): saliency without gradients. The image is shown through many random soft masks; a pixel
 * is salient when the score is high while it is visible: 1 / (N p) sum f(x * M) M.
 */
import type { Host } from "../host/host.ts";
import type { GrayImage } from "../image/grayImage.ts";
import { resize } from "../image/resize.ts";
import { randomStream } from "../numerics/random.ts";
import type { RandomStream } from "../numerics/random.ts";

export interface RiseOptions {
  readonly masks: number;
  /** Cells of the coarse mask along each side. */
  readonly cells: number;
  /** Probability that a cell stays visible. */
  readonly keep: number;
  readonly batch: number;
  readonly seed: number;
}

export interface RiseEstimate {
  readonly n: number;
  /** [rows * cols]; its mean is about the mean score. */
  readonly saliency: Float32Array;
  /**
   * 1 / (N p) sum (f(x * M) - mean f) M: saliency less what a score that heeds no mask would give each pixel. Positive where
   * seeing the pixel raises the score; ranks as saliency does once every pixel has been shown equally often.
   */
  readonly contrast: Float32Array;
}

/** A random binary grid, enlarged bilinearly to one cell more than the image and shifted by a random part of a cell. */
export function riseMask(
  rows: number,
  cols: number,
  { cells, keep }: Pick<RiseOptions, "cells" | "keep">,
  random: RandomStream,
): Float32Array {
  const grid = new Float32Array(cells * cells);
  for (let i = 0; i < grid.length; i++) grid[i] = random.chance(keep) ? 1 : 0;
  const cellRows = Math.ceil(rows / cells);
  const cellCols = Math.ceil(cols / cells);
  const large = resize(
    { rows: cells, cols: cells, data: grid },
    (cells + 1) * cellRows,
    (cells + 1) * cellCols,
    { filter: "bilinear" },
  );
  const top = random.integer(cellRows);
  const left = random.integer(cellCols);
  const mask = new Float32Array(rows * cols);
  for (let y = 0; y < rows; y++) {
    const from = (top + y) * large.cols + left;
    mask.set(large.data.subarray(from, from + cols), y * cols);
  }
  return mask;
}

/** Yields the estimate after each batch of masks. @param score one value per image, the answer's probability. */
export async function* rise(
  score: (batch: Float32Array[]) => Promise<ArrayLike<number>>,
  { data: image, rows, cols }: GrayImage,
  options: RiseOptions,
  context: Host,
): AsyncGenerator<RiseEstimate, void> {
  const random = randomStream(options.seed, "rise");
  const sum = new Float64Array(image.length);
  const shown = new Float64Array(image.length);
  let total = 0;
  for (let n = 0; n < options.masks;) {
    await context.yieldToHost();
    if (context.signal.aborted) return;
    const count = Math.min(options.batch, options.masks - n);
    const masks = Array.from({ length: count }, () => riseMask(rows, cols, options, random));
    const scores = await score(masks.map((mask) => mask.map((m, i) => m * image[i]!)));
    masks.forEach((mask, k) => {
      total += scores[k]!;
      for (let i = 0; i < sum.length; i++) {
        sum[i]! += scores[k]! * mask[i]!;
        shown[i]! += mask[i]!;
      }
    });
    n += count;
    const scale = 1 / (n * options.keep);
    const mean = total / n;
    const saliency = Float32Array.from(sum, (value) => value * scale);
    const contrast = Float32Array.from(sum, (value, i) => (value - mean * shown[i]!) * scale);
    yield { n, saliency, contrast };
  }
}
