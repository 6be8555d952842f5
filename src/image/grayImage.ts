/** A grey picture as a flat row-major plane: the currency of resize, blur, FFT, SSIM and colour maps. */
import { invariant } from "../errors/labError.ts";

export interface GrayImage {
  readonly rows: number;
  readonly cols: number;
  /** `rows * cols` values, row-major; [0, 1] unless a function says otherwise. */
  readonly data: Float32Array;
}

/** @throws LabError "internal" when the data length is not rows * cols. */
export function grayImage(data: Float32Array, rows: number, cols: number): GrayImage {
  invariant(data.length === rows * cols, `${data.length} values for ${rows} x ${cols} pixels`);
  return { rows, cols, data };
}

/** @throws LabError "internal" when two images that are compared differ in size. */
export function checkSameSize(a: GrayImage, b: GrayImage): void {
  invariant(
    a.rows === b.rows && a.cols === b.cols,
    `images of ${a.rows} x ${a.cols} and ${b.rows} x ${b.cols} compared`,
  );
}

/** A float in [0, 1] as a byte; halves round up, the rule of the DICOM display pipeline; values outside are clipped. */
export function toByte(unit: number): number {
  return Math.floor(Math.max(0, Math.min(1, unit)) * 255 + 0.5);
}

/** The levels k of a picture whose every value is exactly k/255 in float32; undefined for any other. */
export function byteLevels(data: Float32Array): Uint8Array<ArrayBuffer> | undefined {
  const levels = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    const level = toByte(value);
    if (Math.fround(level / 255) !== value || Object.is(value, -0)) return undefined;
    levels[i] = level;
  }
  return levels;
}

/** k/255 of every level. */
export function fromByteLevels(levels: Uint8Array): Float32Array {
  // A loop: `Float32Array.from` with a function takes ten times as long, at each picture of a drag.
  const data = new Float32Array(levels.length);
  for (let i = 0; i < data.length; i++) data[i] = levels[i]! / 255;
  return data;
}

/** Rounds in place to the nearest k/255. Values outside [0, 1] are clipped. */
export function snapToByteLattice(data: Float32Array): void {
  for (let i = 0; i < data.length; i++) data[i] = toByte(data[i]!) / 255;
}
