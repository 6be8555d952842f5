/** A square as the reader places it on a film. */
import { LEAST_SIDE } from "../../image/filmSquare.ts";
import type { FilmSquare } from "../../image/filmSquare.ts";
import type { Box } from "../../image/resize.ts";
import type { FilmSize } from "./filmGeometry.ts";

/** A square on whole pixels of the film, all of it on the film and not too small to say anything. */
export function placed({ cols, rows, pixelAspect }: FilmSize, box: Box): FilmSquare {
  const most = Math.floor(Math.min(cols, rows * pixelAspect));
  const side = clamp(Math.round(box.width), Math.min(LEAST_SIDE, most), most);
  return {
    kind: "placed",
    left: clamp(Math.round(box.left), 0, cols - side),
    top: clamp(Math.round(box.top), 0, Math.floor(rows - side / pixelAspect)),
    side,
  };
}

export function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
