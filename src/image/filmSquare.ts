/** Which part of a film a model is given, in the film's pixels, and what is cut off by that. */
import type { Radiograph } from "./radiograph.ts";
import type { Box } from "./resize.ts";

/** Columns of the smallest square that a model is given of a film: less says nothing. */
export const LEAST_SIDE = 32;

/**
 * Part of a film that a reader gives the model: a square of `side` columns with its top left corner at column `left` and row
 * `top`, or the whole film with black beside it ("letterbox").
 */
export type FilmSquare =
  | { readonly kind: "placed"; readonly left: number; readonly top: number; readonly side: number }
  | { readonly kind: "whole" };

/** Shares (0 to 1) of a film's width and height that lie outside what the model is given. */
export interface CutOff {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The largest centred rectangle that is square on the detector, pixel aspect honoured, in the radiograph's pixel units. */
export function centeredSquare({
  rows,
  cols,
  pixelAspect,
}: Pick<Radiograph, "rows" | "cols" | "pixelAspect">): Box {
  const side = Math.min(rows * pixelAspect, cols);
  const height = side / pixelAspect;
  return { top: (rows - height) / 2, left: (cols - side) / 2, height, width: side };
}

/** The square that is given of a film, in its pixel units; the middle one where the reader placed none. */
export function squareOf(
  film: Pick<Radiograph, "rows" | "cols" | "pixelAspect">,
  square?: FilmSquare,
): Box {
  if (!square) return centeredSquare(film);
  const { rows, cols, pixelAspect } = film;
  if (square.kind === "placed") {
    const { left, top, side } = square;
    return { top, left, height: side / pixelAspect, width: side };
  }
  const side = Math.max(rows * pixelAspect, cols);
  const height = side / pixelAspect;
  return { top: (rows - height) / 2, left: (cols - side) / 2, height, width: side };
}

/** What of a film lies outside a box, on each side of it. */
export function cutOffOf(
  { rows, cols }: Pick<Radiograph, "rows" | "cols">,
  { top, left, height, width }: Box,
): CutOff {
  const share = (pixels: number, of: number) => Math.max(0, pixels / of);
  return {
    left: share(left, cols),
    right: share(cols - left - width, cols),
    top: share(top, rows),
    bottom: share(rows - top - height, rows),
  };
}

/** "16% at the left and 16% at the right"; empty where nothing worth a word is cut off. */
export function cutOffText(cut: CutOff): string {
  const sides = (["left", "right", "top", "bottom"] as const).flatMap((side) => {
    const percent = Math.round(100 * cut[side]);
    return percent > 0 ? [`${percent}% at the ${side}`] : [];
  });
  return sides.length < 2 ? sides.join("") : `${sides.slice(0, -1).join(", ")} and ${sides.at(-1)}`;
}
