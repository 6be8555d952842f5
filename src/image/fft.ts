/**
 * Discrete Fourier transforms in double precision: radix-2 for powers of two, Bluestein's chirp convolution for every
 * other length (a 224-pixel image is 2^5 * 7). Forward is unnormalised, inverse divides by the length.
 */
import type { GrayImage } from "./grayImage.ts";

/** Real and imaginary parts, row-major. */
export interface ComplexPlane {
  readonly rows: number;
  readonly cols: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export type Direction = "forward" | "inverse";

/** The two-dimensional transform of a grey image, frequency (0, 0) first. */
export function fft2(image: GrayImage): ComplexPlane {
  const re = Float64Array.from(image.data);
  const plane = { rows: image.rows, cols: image.cols, re, im: new Float64Array(re.length) };
  transformPlane(plane, "forward");
  return plane;
}

/** The image of a spectrum; its imaginary part (0 for the spectrum of a real image) is dropped. */
export function inverseFft2(spectrum: ComplexPlane): GrayImage {
  const plane = { ...spectrum, re: spectrum.re.slice(), im: spectrum.im.slice() };
  transformPlane(plane, "inverse");
  return { rows: plane.rows, cols: plane.cols, data: Float32Array.from(plane.re) };
}

/** Two-dimensional transform in place. */
export function transformPlane(plane: ComplexPlane, direction: Direction): void {
  const { rows, cols, re, im } = plane;
  const alongRow = fftPlan(cols);
  for (let y = 0; y < rows; y++) {
    const from = y * cols;
    alongRow(re.subarray(from, from + cols), im.subarray(from, from + cols), direction);
  }
  const alongColumn = fftPlan(rows);
  const columnRe = new Float64Array(rows);
  const columnIm = new Float64Array(rows);
  for (let x = 0; x < cols; x++) {
    for (let y = 0; y < rows; y++) {
      columnRe[y] = re[y * cols + x]!;
      columnIm[y] = im[y * cols + x]!;
    }
    alongColumn(columnRe, columnIm, direction);
    for (let y = 0; y < rows; y++) {
      re[y * cols + x] = columnRe[y]!;
      im[y * cols + x] = columnIm[y]!;
    }
  }
}

/** A transform of one fixed length, in place. */
type Transform = (re: Float64Array, im: Float64Array, direction: Direction) => void;

/** Prepares the tables for one length once; the returned function is reused for every line. */
export function fftPlan(length: number): Transform {
  const forward = isPowerOfTwo(length) ? radix2Plan(length) : bluesteinPlan(length);
  return (re, im, direction) => {
    if (direction === "forward") {
      forward(re, im);
      return;
    }
    // The inverse is the forward transform with the parts exchanged, before and after.
    forward(im, re);
    for (let i = 0; i < length; i++) {
      re[i]! /= length;
      im[i]! /= length;
    }
  };
}

type Forward = (re: Float64Array, im: Float64Array) => void;

function isPowerOfTwo(n: number): boolean {
  return n > 0 && (n & (n - 1)) === 0;
}

function radix2Plan(length: number): Forward {
  const cos = new Float64Array(length / 2);
  const sin = new Float64Array(length / 2);
  for (let k = 0; k < length / 2; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / length);
    sin[k] = -Math.sin((2 * Math.PI * k) / length);
  }
  return (re, im) => {
    reverseBits(re, im);
    for (let span = 2; span <= length; span *= 2) {
      const half = span / 2;
      const stride = length / span;
      for (let start = 0; start < length; start += span) {
        for (let k = 0; k < half; k++) {
          const upper = start + k;
          const lower = upper + half;
          const wr = cos[k * stride]!;
          const wi = sin[k * stride]!;
          const tr = re[lower]! * wr - im[lower]! * wi;
          const ti = re[lower]! * wi + im[lower]! * wr;
          re[lower] = re[upper]! - tr;
          im[lower] = im[upper]! - ti;
          re[upper]! += tr;
          im[upper]! += ti;
        }
      }
    }
  };
}

/** Reorders by reversed index bits, the order in which the butterflies expect their input. */
function reverseBits(re: Float64Array, im: Float64Array): void {
  const length = re.length;
  for (let i = 1, j = 0; i < length; i++) {
    let bit = length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [re[i], re[j]] = [re[j]!, re[i]!];
    [im[i], im[j]] = [im[j]!, im[i]!];
  }
}

/** Bluestein 1970: jk = (j^2 + k^2 - (k-j)^2) / 2 turns a transform of any length into a convolution with a chirp. */
function bluesteinPlan(length: number): Forward {
  let padded = 1;
  while (padded < 2 * length - 1) padded *= 2;
  const transform = fftPlan(padded);
  const chirpRe = new Float64Array(length);
  const chirpIm = new Float64Array(length);
  const kernelRe = new Float64Array(padded);
  const kernelIm = new Float64Array(padded);
  for (let k = 0; k < length; k++) {
    // k^2 modulo 2n keeps the angle small, and exact.
    const angle = (Math.PI * ((k * k) % (2 * length))) / length;
    chirpRe[k] = Math.cos(angle);
    chirpIm[k] = -Math.sin(angle);
    for (const at of k === 0 ? [0] : [k, padded - k]) {
      kernelRe[at] = Math.cos(angle);
      kernelIm[at] = Math.sin(angle);
    }
  }
  transform(kernelRe, kernelIm, "forward");

  const workRe = new Float64Array(padded);
  const workIm = new Float64Array(padded);
  return (re, im) => {
    workRe.fill(0);
    workIm.fill(0);
    for (let k = 0; k < length; k++) {
      workRe[k] = re[k]! * chirpRe[k]! - im[k]! * chirpIm[k]!;
      workIm[k] = re[k]! * chirpIm[k]! + im[k]! * chirpRe[k]!;
    }
    transform(workRe, workIm, "forward");
    for (let k = 0; k < padded; k++) {
      const wr = workRe[k]! * kernelRe[k]! - workIm[k]! * kernelIm[k]!;
      workIm[k] = workRe[k]! * kernelIm[k]! + workIm[k]! * kernelRe[k]!;
      workRe[k] = wr;
    }
    transform(workRe, workIm, "inverse");
    for (let k = 0; k < length; k++) {
      re[k] = workRe[k]! * chirpRe[k]! - workIm[k]! * chirpIm[k]!;
      im[k] = workRe[k]! * chirpIm[k]! + workIm[k]! * chirpRe[k]!;
    }
  };
}
