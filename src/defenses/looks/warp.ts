/** A picture moved, turned and scaled about its middle, with bilinear weights: linear, so the way back is the transpose. */
import type { Filtered, PictureFilter } from "../filterDefense.ts";

export interface Pose {
  /** Pixels to the right and down. */
  readonly dx: number;
  readonly dy: number;
  /** Counter-clockwise. */
  readonly degrees: number;
  /** Above 1 is larger. */
  readonly zoom: number;
  /** Factor on the grey values. */
  readonly gain: number;
  /** What lies beyond the border: its nearest pixel, or black. */
  readonly beyond: "edge" | "black";
}

export const STILL: Pose = { dx: 0, dy: 0, degrees: 0, zoom: 1, gain: 1, beyond: "edge" };

export function warp(size: number, pose: Pose): PictureFilter {
  const { taps, weights } = sampling(size, pose);
  return (image): Filtered => ({
    image: image.map((_, i) => {
      let sum = 0;
      for (let k = 4 * i; k < 4 * i + 4; k++) sum += weights[k]! * image[taps[k]!]!;
      return sum;
    }),
    pullback(cotangent) {
      const back = new Float64Array(cotangent.length);
      for (let k = 0; k < taps.length; k++) back[taps[k]!]! += weights[k]! * cotangent[k >> 2]!;
      return Float32Array.from(back);
    },
  });
}

/** Four pixels of the input and their weights for every pixel of the output. */
function sampling(size: number, { dx, dy, degrees, zoom, gain, beyond }: Pose) {
  const taps = new Int32Array(4 * size * size);
  const weights = new Float64Array(4 * size * size);
  const middle = (size - 1) / 2;
  const cos = Math.cos((degrees * Math.PI) / 180) / zoom;
  const sin = Math.sin((degrees * Math.PI) / 180) / zoom;
  for (let i = 0; i < size * size; i++) {
    const x = (i % size) - middle - dx;
    const y = Math.floor(i / size) - middle - dy;
    // Where this pixel came from, with y pointing down.
    const fromX = middle + cos * x - sin * y;
    const fromY = middle + sin * x + cos * y;
    const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
    const [right, down] = [fromX - left, fromY - top];
    for (let k = 0; k < 4; k++) {
      const [column, row] = [left + (k & 1), top + (k >> 1)];
      const inside = column >= 0 && column < size && row >= 0 && row < size;
      const clamp = (at: number) => Math.max(0, Math.min(size - 1, at));
      taps[4 * i + k] = clamp(row) * size + clamp(column);
      const share = (k & 1 ? right : 1 - right) * (k >> 1 ? down : 1 - down);
      weights[4 * i + k] = inside || beyond === "edge" ? gain * share : 0;
    }
  }
  return { taps, weights };
}
