/** A linear map along both axes of a square picture, and its transpose: what a blur and a resampling are. */
import type { Filtered } from "../filterDefense.ts";

/** One output pixel of an axis: weights of the input pixels from `first` on. */
export interface Row {
  readonly first: number;
  readonly weights: Float64Array;
}

/** @param rows one for each output pixel; the map is square, so as many as the picture has pixels a side. */
export function separable(rows: readonly Row[]): (image: Float32Array) => Filtered {
  return (image) => ({
    image: alongBoth(image, rows, false),
    pullback: (cotangent) => alongBoth(cotangent, rows, true),
  });
}

function alongBoth(image: Float32Array, rows: readonly Row[], transposed: boolean): Float32Array {
  const size = rows.length;
  const across = alongAxis(Float64Array.from(image), rows, { step: 1, stride: size, transposed });
  const down = alongAxis(across, rows, { step: size, stride: 1, transposed });
  return Float32Array.from(down);
}

interface Axis {
  /** From one pixel of a line to the next, and from one line to the next. */
  readonly step: number;
  readonly stride: number;
  readonly transposed: boolean;
}

function alongAxis(
  data: Float64Array,
  rows: readonly Row[],
  { step, stride, transposed }: Axis,
): Float64Array {
  const out = new Float64Array(data.length);
  for (let at = 0; at < rows.length; at++) {
    const { first, weights } = rows[at]!;
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k]!;
      let to = (transposed ? first + k : at) * step;
      let from = (transposed ? at : first + k) * step;
      for (let line = 0; line < rows.length; line++, to += stride, from += stride) {
        out[to]! += weight * data[from]!;
      }
    }
  }
  return out;
}
