/** Rectangles that were drawn on a film, as a mask on the square that the model is given of it. */
import type { Box } from "./resize.ts";

export interface BoxMask {
  /** Share of each pixel that any of the rectangles covers, [size * size]. */
  readonly mask: Float32Array;
  /** Share of the rectangles' area that lies inside the square: 0 where the model saw none of it. */
  readonly inside: number;
}

/**
 * @param boxes in film pixels, from the film's top left corner
 * @param seen the part of the film that became the square, in film pixels
 */
export function boxMask(boxes: readonly Box[], seen: Box, size: number): BoxMask {
  const mask = new Float32Array(size * size);
  let [area, inside] = [0, 0];
  for (const { left, top, width, height } of boxes) {
    const across = coverage((left - seen.left) / seen.width, width / seen.width, size);
    const down = coverage((top - seen.top) / seen.height, height / seen.height, size);
    area += width * height;
    inside +=
      width *
      height *
      (sum(across) / ((size * width) / seen.width)) *
      (sum(down) / ((size * height) / seen.height));
    for (let r = 0; r < size; r++) {
      if (down[r] === 0) continue;
      for (let c = 0; c < size; c++) {
        const i = r * size + c;
        mask[i] = Math.max(mask[i]!, down[r]! * across[c]!);
      }
    }
  }
  return { mask, inside: area > 0 ? inside / area : 0 };
}

/** Share of each of `size` equal parts of [0, 1] that [start, start + length] covers. */
function coverage(start: number, length: number, size: number): Float64Array {
  const [from, to] = [start * size, (start + length) * size];
  return Float64Array.from({ length: size }, (_, k) =>
    Math.max(0, Math.min(k + 1, to) - Math.max(k, from)),
  );
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
