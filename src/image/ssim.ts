/**
 * Structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004): Gaussian window, population covariance, only windows
 * that lie wholly inside the image.
 */
import { invariant } from "../errors/labError.ts";
import { gaussianTaps } from "./blur.ts";
import { checkSameSize } from "./grayImage.ts";
import type { GrayImage } from "./grayImage.ts";
import { minMaxNormalized } from "./normalize.ts";

export interface SsimOptions {
  /** Side of the window, odd. Default 11. */
  readonly taps?: number;
  /** Standard deviation of the window in pixels. Default 1.5. */
  readonly sigma?: number;
  /** Width of the value range the images may use. Default 1; never guessed from the data. */
  readonly range?: number;
}

/** Mean SSIM in [-1, 1]; 1 only for equal images. @throws LabError "internal" on different sizes or a too small image. */
export function ssim(a: GrayImage, b: GrayImage, options: SsimOptions = {}): number {
  return ssimTo(a, options)(b);
}

/** The mean SSIM of one image to any number of others: what is only about the one is computed once. */
export function ssimTo(a: GrayImage, options: SsimOptions = {}): (b: GrayImage) => number {
  const mapTo = ssimMapTo(a, options);
  return (b) => {
    const { data } = mapTo(b);
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += data[i]!;
    return sum / data.length;
  };
}

/** Local SSIM of every window, (rows - taps + 1) x (cols - taps + 1). */
interface SsimMap {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

function ssimMapTo(a: GrayImage, options: SsimOptions): (b: GrayImage) => SsimMap {
  const { taps = 11, sigma = 1.5, range = 1 } = options;
  const rows = a.rows - taps + 1;
  const cols = a.cols - taps + 1;
  invariant(rows > 0 && cols > 0, `${a.rows} x ${a.cols} pixels for a ${taps}-tap SSIM`);
  const window = gaussianTaps(sigma, taps);
  const meanOf = (x: ArrayLike<number>, y?: ArrayLike<number>) =>
    filterInside(a, productOf(x, y), window);
  const meanX = meanOf(a.data);
  const meanXX = meanOf(a.data, a.data);
  const c1 = (0.01 * range) ** 2;
  const c2 = (0.03 * range) ** 2;
  return (b) => {
    checkSameSize(a, b);
    const meanY = meanOf(b.data);
    const meanYY = meanOf(b.data, b.data);
    const meanXY = meanOf(a.data, b.data);
    const data = new Float64Array(rows * cols);
    for (let i = 0; i < data.length; i++) {
      const mx = meanX[i]!;
      const my = meanY[i]!;
      const varianceX = meanXX[i]! - mx * mx;
      const varianceY = meanYY[i]! - my * my;
      const covariance = meanXY[i]! - mx * my;
      data[i] =
        ((2 * mx * my + c1) * (2 * covariance + c2)) /
        ((mx * mx + my * my + c1) * (varianceX + varianceY + c2));
    }
    return { rows, cols, data };
  };
}

/**
 * Similarity of two attention maps on the token grid (16 x 16): each stretched to [0, 1] first, 7-tap window of sigma
 * 1.5. Maps normalised to sum 1 must not be compared with `ssim`: their values are so small beside the stabilising
 * constants that even disjoint maps score above 0.999.
 */
export function mapSsim(a: GrayImage, b: GrayImage): number {
  const stretched = (map: GrayImage) => ({ ...map, data: minMaxNormalized(map.data) });
  return ssim(stretched(a), stretched(b), { taps: 7, sigma: 1.5, range: 1 });
}

/** x[i], or x[i] y[i]. */
function productOf(x: ArrayLike<number>, y?: ArrayLike<number>): Float64Array {
  const plane = new Float64Array(x.length);
  if (y) for (let i = 0; i < plane.length; i++) plane[i] = x[i]! * y[i]!;
  else for (let i = 0; i < plane.length; i++) plane[i] = x[i]!;
  return plane;
}

/** Separable filter without borders. */
function filterInside(
  { rows, cols }: Pick<GrayImage, "rows" | "cols">,
  plane: Float64Array,
  window: Float64Array,
): Float64Array {
  const outCols = cols - window.length + 1;
  const outRows = rows - window.length + 1;
  const across = new Float64Array(rows * outCols);
  for (let y = 0; y < rows; y++) {
    const line = across.subarray(y * outCols, (y + 1) * outCols);
    addTaps(line, plane.subarray(y * cols, (y + 1) * cols), [window, 1]);
  }
  const out = new Float64Array(outRows * outCols);
  for (let y = 0; y < outRows; y++) {
    const line = out.subarray(y * outCols, (y + 1) * outCols);
    addTaps(line, across.subarray(y * outCols), [window, outCols]);
  }
  return out;
}

/** Several taps at a time along the line: the same sums in the same order as cell by cell, in a third of the time. */
function addTaps(
  line: Float64Array,
  values: Float64Array,
  [window, stride]: readonly [Float64Array, number],
): void {
  let k = 0;
  for (; k + TAPS <= window.length; k += TAPS) {
    addEleven(line, values.subarray(k * stride), [window.subarray(k), stride]);
  }
  for (; k < window.length; k++) {
    const weight = window[k]!;
    for (let x = 0; x < line.length; x++) line[x]! += weight * values[k * stride + x]!;
  }
}

const TAPS = 11;

function addEleven(
  line: Float64Array,
  values: Float64Array,
  [window, stride]: readonly [Float64Array, number],
): void {
  const [w0, w1, w2, w3] = [window[0]!, window[1]!, window[2]!, window[3]!];
  const [w4, w5, w6, w7] = [window[4]!, window[5]!, window[6]!, window[7]!];
  const [w8, w9, w10] = [window[8]!, window[9]!, window[10]!];
  for (let x = 0; x < line.length; x++) {
    line[x] =
      line[x]! +
      w0 * values[x]! +
      w1 * values[x + stride]! +
      w2 * values[x + 2 * stride]! +
      w3 * values[x + 3 * stride]! +
      w4 * values[x + 4 * stride]! +
      w5 * values[x + 5 * stride]! +
      w6 * values[x + 6 * stride]! +
      w7 * values[x + 7 * stride]! +
      w8 * values[x + 8 * stride]! +
      w9 * values[x + 9 * stride]! +
      w10 * values[x + 10 * stride]!;
  }
}
