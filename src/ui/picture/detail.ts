/**
 * A radiograph at its own resolution on the square that the model saw, in the file's own units: the reader's display window
 * reaches whatever the file holds, also what the model's window clipped.
 */
import { centredSquare } from "../../image/modelInput.ts";
import type { Photometric, Radiograph, Voi, VoiWindow } from "../../image/radiograph.ts";
import { resize } from "../../image/resize.ts";
import { applyVoi } from "../../image/voi.ts";
import type { DisplayWindow } from "../../state/viewStore.ts";
import { IDENTITY_WINDOW } from "../../state/viewStore.ts";

export interface SquarePicture {
  readonly size: number;
  readonly image: Float32Array<ArrayBuffer>;
}

/**
 * The square, one value for each of the film's pixels up to `size` a side. Padding takes the value that is shown darkest.
 * @returns modality values, not inverted for MONOCHROME1.
 */
export function detailOf(radiograph: Radiograph, size: number): SquarePicture {
  const { rows, cols, values, photometric, padding, pixelAspect } = radiograph;
  const unit = Float32Array.from(values);
  if (padding) {
    const isPadding = (value: number) => value >= padding.low && value <= padding.high;
    const dark = darkest(values, photometric, isPadding);
    for (let i = 0; i < unit.length; i++) if (isPadding(unit[i]!)) unit[i] = dark;
  }
  const square = centredSquare(radiograph);
  const side = Math.min(size, Math.round(Math.max(square.width, square.height)));
  // Whole pixels of the film stay whole pixels: half a pixel of shift would blend each with its neighbour.
  const box =
    pixelAspect === 1
      ? { ...square, top: Math.floor(square.top), left: Math.floor(square.left) }
      : square;
  const { data } = resize({ rows, cols, data: unit }, side, side, { box });
  return { size: side, image: Float32Array.from(data) };
}

/** The same picture at no more than `size` a side: what is drawn where a screen has no use for more. */
export function previewOf(picture: SquarePicture, size: number): SquarePicture {
  if (picture.size <= size) return picture;
  const { size: side, image } = picture;
  const { data } = resize({ rows: side, cols: side, data: image }, size, size);
  return { size, image: Float32Array.from(data) };
}

function darkest(
  values: Radiograph["values"],
  photometric: Photometric,
  isPadding: (value: number) => boolean,
): number {
  const sign = photometric === "MONOCHROME1" ? -1 : 1;
  let least = Infinity;
  for (const value of values) if (!isPadding(value)) least = Math.min(least, sign * value);
  return least === Infinity ? 0 : sign * least;
}

/** How values become what is seen under the display window "as the model sees it". */
export interface FilmScale {
  /** The model's window. */
  readonly voi: Voi;
  /** The straight line that the display window is counted along: the model's window, or one in place of its curve. */
  readonly line: VoiWindow;
  readonly photometric: Photometric;
}

/** @param range lowest to highest value, for a table, which has no centre and width. */
export function filmScale(voi: Voi, photometric: Photometric, range: () => VoiWindow): FilmScale {
  if (voi.kind === "table") {
    const { center, width } = range();
    // A hair wider than the range: "full range" must stay another window than "as the model sees it", which is the table.
    return { voi, line: { kind: "linear_exact", center, width: 1.001 * width }, photometric };
  }
  if (voi.kind === "linear" && voi.width > 1) {
    // PS3.3 C.11.2.1.2.1: half a value and one value off the exact line.
    const line = { kind: "linear_exact", center: voi.center - 0.5, width: voi.width - 1 } as const;
    return { voi, line, photometric };
  }
  const { center, width } = voi;
  return { voi, line: { kind: "linear_exact", center, width }, photometric };
}

/** The window in the file's own units that a display window amounts to. */
export function fileWindow(display: DisplayWindow, scale: FilmScale): DisplayWindow {
  const { line, photometric } = scale;
  const along = (display.center - IDENTITY_WINDOW.center) / 255;
  return {
    center: line.center + (photometric === "MONOCHROME1" ? -along : along) * line.width,
    width: (display.width / 255) * line.width,
  };
}

/** The same as a file of this kind would state it: a linear window of PS3.3 C.11.2 is one value wider than the line it draws. */
export function statedWindow(display: DisplayWindow, scale: FilmScale): DisplayWindow {
  const { center, width } = fileWindow(display, scale);
  const { voi } = scale;
  return voi.kind === "linear" && voi.width > 1
    ? { center: center + 0.5, width: width + 1 }
    : { center, width };
}

/** The display window that shows a window in the file's own units: the inverse of fileWindow. */
export function displayWindow(file: DisplayWindow, scale: FilmScale): DisplayWindow {
  const { line, photometric } = scale;
  const along = (file.center - line.center) / line.width;
  return {
    center: IDENTITY_WINDOW.center + 255 * (photometric === "MONOCHROME1" ? -along : along),
    width: (255 * file.width) / line.width,
  };
}

/** RGBA of values in file units. Untouched, the display shows the model's window with its curve; dragged, a straight line. */
export function filmPixels(
  values: Float32Array,
  scale: FilmScale,
  display: { readonly window: DisplayWindow; readonly invert: boolean },
): Uint8ClampedArray<ArrayBuffer> {
  const { voi, photometric } = scale;
  const { window, invert } = display;
  const out = new Uint8ClampedArray(values.length * 4);
  const isCurve = voi.kind === "table" || voi.kind === "sigmoid" || voi.width <= 1;
  const isUntouched =
    window.center === IDENTITY_WINDOW.center && window.width === IDENTITY_WINDOW.width;
  const isTurned = (photometric === "MONOCHROME1") !== invert;
  const { center, width } = fileWindow(window, scale);
  const [gain, offset] = [255 / width, 127.5 - (255 * center) / width];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const shown = isCurve && isUntouched ? 255 * applyVoi(value, voi) : value * gain + offset;
    // The array clamps and rounds.
    out[4 * i] = out[4 * i + 1] = out[4 * i + 2] = isTurned ? 255 - shown : shown;
    out[4 * i + 3] = 255;
  }
  return out;
}

export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Part of a square picture, row by row. */
export function cutOut({ size, image }: SquarePicture, box: PixelBox): Float32Array {
  const out = new Float32Array(box.width * box.height);
  for (let row = 0; row < box.height; row++) {
    const start = (box.top + row) * size + box.left;
    out.set(image.subarray(start, start + box.width), row * box.width);
  }
  return out;
}
