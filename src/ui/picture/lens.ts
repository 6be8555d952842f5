/** The part of a film under a magnifier, pixel by pixel of the lens: the film's own values, whatever the zoom of the viewer. */
import { shownLevel } from "../../image/display.ts";
import type { Tone } from "../../image/display.ts";
import { mapped } from "./filmGeometry.ts";
import type { Affine } from "./filmGeometry.ts";
import type { PyramidLevel } from "./pyramid.ts";

/**
 * @param toFilm from the lens's pixels, whose origin is the middle of the lens, to film pixels
 * @param side of the lens in pixels; what lies outside its circle is transparent
 * @returns RGBA bytes, side x side
 */
export function lensPixels(
  { cols, rows, values }: PyramidLevel,
  toFilm: Affine,
  side: number,
  tone: Tone,
): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * side * side);
  const half = side / 2;
  for (let row = 0; row < side; row++) {
    for (let col = 0; col < side; col++) {
      const [x, y] = [col + 0.5 - half, row + 0.5 - half];
      if (x * x + y * y > half * half) continue;
      const at = mapped({ x, y }, toFilm);
      const [c, r] = [Math.floor(at.x), Math.floor(at.y)];
      const isInside = c >= 0 && r >= 0 && c < cols && r < rows;
      const gray = isInside ? shownLevel(values[r * cols + c]!, tone) : 0;
      out.set([gray, gray, gray, 255], 4 * (row * side + col));
    }
  }
  return out;
}
