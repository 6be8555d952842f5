/**
 * Resampling as Pillow does it (its Resample.c), which is what published processors prepare pictures with: a filter as wide as the
 * shrinking asks for, weights brought to sum 1 at the border.
 */

import { toByte } from "./grayImage.ts";
import type { GrayImage } from "./grayImage.ts";

export type PillowFilter = "box" | "bilinear" | "hamming" | "bicubic" | "lanczos";

interface Kernel {
  /** Half the filter's width, in pixels of the coarser grid. */
  readonly support: number;
  readonly at: (x: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const KERNELS: Readonly<Record<PillowFilter, Kernel>> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    at: (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))),
  },
  bicubic: { support: 2, at: (x) => cubic(Math.abs(x)) },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic with a = -0.5. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
}

/** The input pixels that make one output pixel along an axis: indices first, first+1, ... with weights summing to 1. */
interface PillowTaps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** @returns one entry for each of the `to` pixels of the output */
export function pillowTaps(from: number, to: number, filter: PillowFilter): readonly PillowTaps[] {
  const { support, at } = KERNELS[filter];
  const scale = from / to;
  const stretch = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support * stretch + 0.5));
    const last = Math.min(from, Math.trunc(center + support * stretch + 0.5));
    const weights = Float64Array.from({ length: last - first }, (_each, k) =>
      at((first + k - center + 0.5) / stretch),
    );
    const sum = weights.reduce((total, w) => total + w, 0);
    return { first, weights: weights.map((w) => w / sum) };
  });
}

/** The same as rows of a matrix [to * from]. */
export function pillowMatrix(from: number, to: number, filter: PillowFilter): Float32Array {
  const matrix = new Float32Array(to * from);
  for (const [row, { first, weights }] of pillowTaps(from, to, filter).entries()) {
    matrix.set(weights, row * from + first);
  }
  return matrix;
}

/** An 8-bit picture (values k/255) resized as Pillow resizes one: across, then down, each rounded to whole greys. */
export function pillowResize(
  { rows, cols, data }: GrayImage,
  wanted: { readonly rows: number; readonly cols: number },
  filter: PillowFilter,
): GrayImage {
  // An axis that keeps its length is not passed over.
  const across = cols === wanted.cols ? undefined : pillowTaps(cols, wanted.cols, filter);
  const narrow = across ? new Float32Array(rows * wanted.cols) : data;
  for (const [x, { first, weights }] of across?.entries() ?? []) {
    for (let y = 0; y < rows; y++) {
      narrow[y * wanted.cols + x] = rounded(data, weights, { at: y * cols + first, step: 1 });
    }
  }
  if (rows === wanted.rows) return { ...wanted, data: narrow };
  const down = pillowTaps(rows, wanted.rows, filter);
  const made = new Float32Array(wanted.rows * wanted.cols);
  for (const [y, { first, weights }] of down.entries()) {
    for (let x = 0; x < wanted.cols; x++) {
      const from = { at: first * wanted.cols + x, step: wanted.cols };
      made[y * wanted.cols + x] = rounded(narrow, weights, from);
    }
  }
  return { ...wanted, data: made };
}

function rounded(
  data: Float32Array,
  weights: Float64Array,
  { at, step }: { readonly at: number; readonly step: number },
): number {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k]! * data[at + k * step]!;
  return toByte(sum) / 255;
}
