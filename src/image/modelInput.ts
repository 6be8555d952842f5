/**
 * What a model sees of a radiograph: window applied, MONOCHROME1 inverted, padding black, pixels made square, cut,
 * stretched or filled up to a square, shrunk by area averaging or as the model's own processor does it, and rounded to k/255.
 *
 * The rounding is part of the contract: certificates hold for integer noise on an 8-bit picture only (adding float
 * noise to a float picture leaks the picture through its low bits), and a file saved as 8-bit PNG is then the same input.
 */
import { cutOffOf, cutOffText, squareOf } from "./filmSquare.ts";
import type { FilmSquare } from "./filmSquare.ts";
import { snapToByteLattice } from "./grayImage.ts";
import type { GrayImage } from "./grayImage.ts";
import { resampledSquare } from "./ownResampling.ts";
import type { OwnResampling } from "./ownResampling.ts";
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
    /** The model's own resampling; areas are averaged where absent. */
    readonly resample?: OwnResampling | undefined;
  },
): ModelInput {
  const size = options.size ?? 224;
  const fit = options.fit ?? "crop";
  const { rows, cols, values } = radiograph;
  const unit = renderUnit(radiograph, options.voi);
  if (radiograph.padding) {
    for (let i = 0; i < unit.length; i++) if (isPadding(values[i]!, radiograph)) unit[i] = 0;
  }
  const { square, resample } = options;
  const isStretched = fit === "stretch" && !square;
  const film = { rows, cols, data: unit };
  const { data, crop } = resample
    ? ownSquare(film, radiograph, { size, fit, square, resample })
    : areaSquare(film, size, isStretched ? wholeOf(film) : squareOf(radiograph, square));
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

type Square = Pick<ModelInput, "data" | "crop">;

function wholeOf({ rows, cols }: GrayImage): Box {
  return { top: 0, left: 0, height: rows, width: cols };
}

function areaSquare(film: GrayImage, size: number, crop: Box): Square {
  const { data } = resize(film, size, size, { box: crop, beyond: "zero" });
  snapToByteLattice(data);
  return { data, crop };
}

/** A square of the reader's is cut out first, as if it were the film. */
function ownSquare(
  film: GrayImage,
  radiograph: Radiograph,
  asked: {
    readonly size: number;
    readonly fit: SquareFit;
    readonly square: FilmSquare | undefined;
    readonly resample: OwnResampling;
  },
): Square {
  const { size, fit, square, resample } = asked;
  if (!square)
    return resampledSquare(film, { size, fit, aspect: radiograph.pixelAspect }, resample);
  const crop = squareOf(radiograph, square);
  const side = Math.max(1, Math.round(crop.width));
  const part = resize(film, side, side, { box: crop, beyond: "zero" });
  return { ...resampledSquare(part, { size, fit: "stretch", aspect: 1 }, resample), crop };
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
