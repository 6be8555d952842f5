/**
 * What a model sees of a radiograph: window applied, MONOCHROME1 inverted, padding black, pixels made square, cut,
 * stretched or filled up to a square, shrunk by area averaging, and rounded to k/255.
 *
 * The rounding is part of the contract: certificates hold for integer noise on an 8-bit picture only (adding float
 * noise to a float picture leaks the picture through its low bits), and a file saved as 8-bit PNG is then the same input.
 */
import { snapToByteLattice } from "./greyImage.ts";
import { isPadding } from "./radiograph.ts";
import type { Radiograph, Voi } from "./radiograph.ts";
import { resize } from "./resize.ts";
import type { Box } from "./resize.ts";
import { describeVoi, renderUnit } from "./voi.ts";

/** "crop": the largest centred square on the detector; "stretch": the whole image, squeezed (its aspect ratio is lost). */
export type SquareFit = "crop" | "stretch";

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

export interface ModelInput {
  /** Side of the square in pixels. */
  readonly size: number;
  /** size * size values k/255, row-major; bright is dense. */
  readonly data: Float32Array;
  readonly voi: Voi;
  readonly fit: SquareFit;
  /** The part of the radiograph the model saw, in its pixel units (fractional for non-square pixels); beyond the film all is black. */
  readonly crop: Box;
  /** One line that states the window and the crop, to be shown beside the answer. */
  readonly statement: string;
}

export function toModelInput(
  radiograph: Radiograph,
  options: {
    readonly voi: Voi;
    readonly size?: number;
    readonly fit?: SquareFit;
    /** Instead of what `fit` takes. */
    readonly square?: FilmSquare | undefined;
  },
): ModelInput {
  const size = options.size ?? 224;
  const fit = options.fit ?? "crop";
  const { rows, cols, values } = radiograph;
  const unit = renderUnit(radiograph, options.voi);
  if (radiograph.padding) {
    for (let i = 0; i < unit.length; i++) if (isPadding(values[i]!, radiograph)) unit[i] = 0;
  }
  const { square } = options;
  const isStretched = fit === "stretch" && !square;
  const crop = isStretched
    ? { top: 0, left: 0, height: rows, width: cols }
    : squareOf(radiograph, square);
  const { data } = resize({ rows, cols, data: unit }, size, size, { box: crop, beyond: "zero" });
  snapToByteLattice(data);
  const cut = isStretched
    ? "whole image, stretched to a square"
    : describeCrop(radiograph, crop, square);
  return {
    size,
    data,
    voi: options.voi,
    fit,
    crop,
    statement: `${describeVoi(options.voi)}; ${cut}; ${size} x ${size}`,
  };
}

/** The largest centred rectangle that is square on the detector, pixel aspect honoured, in the radiograph's pixel units. */
export function centredSquare({
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
  if (!square) return centredSquare(film);
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

function describeCrop(film: Radiograph, crop: Box, square: FilmSquare | undefined): string {
  const { rows, cols } = film;
  if (square?.kind === "whole" && (crop.top < 0 || crop.left < 0)) {
    return `whole image with black ${crop.left < 0 ? "left and right" : "above and below"} of it`;
  }
  if (crop.height === rows && crop.width === cols) return "whole image";
  const share = Math.round((100 * crop.height * crop.width) / (rows * cols));
  const cut = cutOffText(cutOffOf(film, crop));
  const name = square ? "a square of the reader’s" : "centre square";
  return `${name} (${share}% of the image)${cut && `, cut off: ${cut}`}`;
}
