/** Gaussian filtering by two one-dimensional passes, accumulated in double precision. */
import type { GrayImage } from "./grayImage.ts";

/** Normalised Gaussian weights of an odd number of taps, centred. `sigma` in pixels. */
export function gaussianTaps(sigma: number, taps: number): Float64Array {
  const center = (taps - 1) / 2;
  const weights = new Float64Array(taps);
  let sum = 0;
  for (let k = 0; k < taps; k++) {
    weights[k] = Math.exp(-((k - center) ** 2) / (2 * sigma * sigma));
    sum += weights[k]!;
  }
  for (let k = 0; k < taps; k++) weights[k] = weights[k]! / sum;
  return weights;
}

/**
 * Gaussian blur with standard deviation `sigma` in pixels, cut off at 4 sigma; the image is mirrored at its edges (the
 * edge pixel itself is repeated). sigma 0 is an exact copy.
 */
export function gaussianBlur(image: GrayImage, sigma: number): GrayImage {
  if (!(sigma > 0)) return { ...image, data: image.data.slice() };
  const { rows, cols } = image;
  const taps = gaussianTaps(sigma, 2 * Math.round(4 * sigma) + 1);
  const across = Float64Array.from(image.data);
  filterLines(across, { lines: rows, length: cols, lineStride: cols, stride: 1 }, taps);
  filterLines(across, { lines: cols, length: rows, lineStride: 1, stride: cols }, taps);
  return { rows, cols, data: Float32Array.from(across) };
}

interface Lines {
  readonly lines: number;
  readonly length: number;
  readonly lineStride: number;
  readonly stride: number;
}

/** Filters every line of a plane in place. */
function filterLines(plane: Float64Array, geometry: Lines, taps: Float64Array): void {
  const { lines, length, lineStride, stride } = geometry;
  const radius = (taps.length - 1) / 2;
  const padded = new Float64Array(length + 2 * radius);
  for (let line = 0; line < lines; line++) {
    const start = line * lineStride;
    for (let i = 0; i < padded.length; i++) {
      padded[i] = plane[start + mirror(i - radius, length) * stride]!;
    }
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let k = 0; k < taps.length; k++) sum += taps[k]! * padded[i + k]!;
      plane[start + i * stride] = sum;
    }
  }
}

/** Index with half-sample mirroring: ... 1 0 | 0 1 2 ... n-1 | n-1 n-2 ... */
function mirror(index: number, length: number): number {
  const period = 2 * length;
  const wrapped = ((index % period) + period) % period;
  return wrapped < length ? wrapped : period - 1 - wrapped;
}
