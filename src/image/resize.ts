/**
 * Separable resampling. "area" averages the exact footprint of every output pixel (antialiased, the right choice for
 * shrinking a radiograph); an axis that grows is interpolated linearly at pixel centres either way.
 */
import type { GrayImage } from "./grayImage.ts";

/** A rectangle in pixel units of the input; edges may fall inside a pixel. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export type ResizeFilter = "area" | "bilinear";

/**
 * Resamples the part of the image inside `box` (default: all of it) to `rows` x `cols`. Same size and whole-pixel box:
 * an exact copy. "bilinear" takes no antialiasing when it shrinks, like align_corners=false elsewhere. What of the box lies
 * beyond the image repeats its edge, or is 0 where `beyond` says so.
 */
export function resize(
  image: GrayImage,
  rows: number,
  cols: number,
  options: {
    readonly filter?: ResizeFilter;
    readonly box?: Box;
    readonly beyond?: "edge" | "zero";
  } = {},
): GrayImage {
  const filter = options.filter ?? "area";
  const box = options.box ?? { top: 0, left: 0, height: image.rows, width: image.cols };
  const isZero = options.beyond === "zero";
  const axis = (inputSize: number, outputSize: number, start: number, extent: number) =>
    axisWeights({ inputSize, outputSize }, { start, extent }, filter).map((taps, i) =>
      isZero
        ? within(taps, inputSize, start + (i * extent) / outputSize, extent / outputSize)
        : taps,
    );
  const across = axis(image.cols, cols, box.left, box.width);
  const down = axis(image.rows, rows, box.top, box.height);

  // Only the rows that some output row reads are resampled across.
  const firstRow = Math.min(...down.map((taps) => taps.first));
  const lastRow = Math.max(...down.map((taps) => taps.first + taps.weights.length - 1));
  const narrow = new Float64Array((lastRow - firstRow + 1) * cols);
  for (let y = firstRow; y <= lastRow; y++) {
    for (let x = 0; x < cols; x++) {
      const { first, weights } = across[x]!;
      const start = y * image.cols + first;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * image.data[start + k]!;
      narrow[(y - firstRow) * cols + x] = sum;
    }
  }
  const data = new Float32Array(rows * cols);
  for (let y = 0; y < rows; y++) {
    const { first, weights } = down[y]!;
    for (let x = 0; x < cols; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) {
        sum += weights[k]! * narrow[(first - firstRow + k) * cols + x]!;
      }
      data[y * cols + x] = sum;
    }
  }
  return { rows, cols, data };
}

/** The input pixels that make one output pixel along an axis: indices first, first+1, ... with weights summing to 1. */
export interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** A whole axis of `inputSize` pixels made into `outputSize`, as `resize` does by default: the map itself. */
export function axisTaps(inputSize: number, outputSize: number): readonly Taps[] {
  return axisWeights({ inputSize, outputSize }, { start: 0, extent: inputSize }, "area");
}

function axisWeights(
  { inputSize, outputSize }: { readonly inputSize: number; readonly outputSize: number },
  { start, extent }: { readonly start: number; readonly extent: number },
  filter: ResizeFilter,
): Taps[] {
  const scale = extent / outputSize;
  return Array.from({ length: outputSize }, (_, i) =>
    filter === "area" && scale >= 1
      ? areaTaps(inputSize, start + i * scale, start + (i + 1) * scale)
      : linearTaps(inputSize, start + (i + 0.5) * scale - 0.5),
  );
}

function areaTaps(inputSize: number, low: number, high: number): Taps {
  // A footprint that misses a pixel by rounding error only must not take a sliver of it.
  const tolerance = 1e-9 * inputSize;
  const first = Math.max(0, Math.min(inputSize - 1, Math.floor(low + tolerance)));
  const last = Math.max(first, Math.min(inputSize - 1, Math.ceil(high - tolerance) - 1));
  const weights = new Float64Array(last - first + 1);
  let sum = 0;
  for (let k = 0; k < weights.length; k++) {
    const covered = Math.min(high, first + k + 1) - Math.max(low, first + k);
    weights[k] = covered;
    sum += covered;
  }
  for (let k = 0; k < weights.length; k++) weights[k] = weights[k]! / sum;
  return { first, weights };
}

/** The same taps, weighed by how much of the output pixel's footprint, [start, start + extent], lies on the image. */
function within({ first, weights }: Taps, inputSize: number, start: number, extent: number): Taps {
  const covered = Math.min(inputSize, start + extent) - Math.max(0, start);
  // All of it, but for rounding: the very weights of an image without a border.
  if (covered > extent * (1 - 1e-9)) return { first, weights };
  if (covered <= 0) return { first, weights: Float64Array.of(0) };
  return { first, weights: weights.map((weight) => (weight * covered) / extent) };
}

function linearTaps(inputSize: number, position: number): Taps {
  const clamped = Math.max(0, Math.min(inputSize - 1, position));
  const first = Math.floor(clamped);
  const fraction = clamped - first;
  return {
    first,
    weights: fraction === 0 ? Float64Array.of(1) : Float64Array.of(1 - fraction, fraction),
  };
}
