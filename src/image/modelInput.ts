/**
 * What a model sees of a radiograph: window applied, MONOCHROME1 inverted, padding black, pixels made square, cut,
 * stretched or filled up to a square, shrunk by area averaging, and rounded to k/255.
 *
 * The rounding is part of the contract: certificates hold for integer noise on an 8-bit picture only (adding float
 * noise to a float picture leaks the picture through its low bits), and a file saved as 8-bit PNG is then the same input.
 */
import { cutOffOf, cutOffText, squareOf } from "./filmSquare.ts";
import type { FilmSquare } from "./filmSquare.ts";
import { snapToByteLattice } from "./greyImage.ts";
import { isPadding } from "./radiograph.ts";
import type { Radiograph, Voi } from "./radiograph.ts";
import { resize } from "./resize.ts";
import type { Box } from "./resize.ts";
import { describeVoi, renderUnit } from "./voi.ts";

/** "crop": the largest centred square on the detector; "stretch": the whole image, squeezed (its aspect ratio is lost). */
export type SquareFit = "crop" | "stretch";

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
