/**
 * What a screen shows of grey values: the one way from a value, through the display window that the reader drags, to a grey
 * level. Every canvas of the page is filled by it, films in their own units and pictures in [0, 1] alike.
 */
import type { Photometric, Voi, VoiWindow } from "./radiograph.ts";
import { applyVoi } from "./voi.ts";

/** What the reader chose to see, in grey levels: 0 to 255 is what the model's own window shows black to white. */
export interface DisplayWindow {
  readonly center: number;
  readonly width: number;
}

/** As the model sees it. */
export const IDENTITY_WINDOW: DisplayWindow = { center: 127.5, width: 255 };

export interface Display {
  readonly window: DisplayWindow;
  readonly invert: boolean;
}

export const AS_GIVEN: Display = { window: IDENTITY_WINDOW, invert: false };

/** How values become what is seen under the display window "as the model sees it". */
export interface GrayScale {
  /** The model's window. */
  readonly voi: Voi;
  /** The straight line that the display window is counted along: the model's window, or one in place of its curve. */
  readonly line: VoiWindow;
  readonly photometric: Photometric;
}

/** @param range lowest to highest value, for a table, which has no centre and width. */
export function grayScale(voi: Voi, photometric: Photometric, range: () => VoiWindow): GrayScale {
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
export function fileWindow(display: DisplayWindow, scale: GrayScale): DisplayWindow {
  const { line, photometric } = scale;
  const along = (display.center - IDENTITY_WINDOW.center) / 255;
  return {
    center: line.center + (photometric === "MONOCHROME1" ? -along : along) * line.width,
    width: (display.width / 255) * line.width,
  };
}

/** The same as a file of this kind would state it: a linear window of PS3.3 C.11.2 is one value wider than the line it draws. */
export function statedWindow(display: DisplayWindow, scale: GrayScale): DisplayWindow {
  const { center, width } = fileWindow(display, scale);
  const { voi } = scale;
  return voi.kind === "linear" && voi.width > 1
    ? { center: center + 0.5, width: width + 1 }
    : { center, width };
}

/** The display window that shows a window in the file's own units: the inverse of fileWindow. */
export function displayWindow(file: DisplayWindow, scale: GrayScale): DisplayWindow {
  const { line, photometric } = scale;
  const along = (file.center - line.center) / line.width;
  return {
    center: IDENTITY_WINDOW.center + 255 * (photometric === "MONOCHROME1" ? -along : along),
    width: (255 * file.width) / line.width,
  };
}

/** Pictures that are display values already: 0 is black, 1 white. */
const UNIT_LINE = { kind: "linear_exact", center: 0.5, width: 1 } as const;
export const UNIT_SCALE: GrayScale = {
  voi: UNIT_LINE,
  line: UNIT_LINE,
  photometric: "MONOCHROME2",
};

/** From a value to the grey level shown, which may lie outside 0 to 255 and is not rounded. */
export type Tone =
  | { readonly kind: "line"; readonly gain: number; readonly offset: number }
  | { readonly kind: "curve"; levelOf(value: number): number };

/** Untouched, the display shows the model's window with its curve; dragged, a straight line. */
export function toneOf(scale: GrayScale, { window, invert }: Display): Tone {
  const { voi, photometric } = scale;
  const isTurned = (photometric === "MONOCHROME1") !== invert;
  const isStep = voi.kind === "linear" && voi.width <= 1;
  const isCurve = voi.kind === "table" || voi.kind === "sigmoid" || isStep;
  const isUntouched =
    window.center === IDENTITY_WINDOW.center && window.width === IDENTITY_WINDOW.width;
  if (isCurve && isUntouched) {
    const levelOf = (value: number) => 255 * applyVoi(value, voi);
    return { kind: "curve", levelOf: isTurned ? (value) => 255 - levelOf(value) : levelOf };
  }
  const { center, width } = fileWindow(window, scale);
  const gain = (isTurned ? -255 : 255) / width;
  return { kind: "line", gain, offset: 127.5 - gain * center };
}

/** The grey level of one value, as a screen shows it: 0 to 255, whole. */
export function shownLevel(value: number, tone: Tone): number {
  const level = tone.kind === "line" ? value * tone.gain + tone.offset : tone.levelOf(value);
  return level > 0 ? Math.min(255, Math.round(level)) : 0;
}

/** @returns RGBA bytes, 4 per value. */
export function grayPixels(
  values: Float32Array,
  scale: GrayScale,
  display: Display,
): Uint8ClampedArray<ArrayBuffer> {
  const tone = toneOf(scale, display);
  const out = new Uint8ClampedArray(values.length * 4);
  for (let i = 0; i < values.length; i++) {
    out[4 * i] = out[4 * i + 1] = out[4 * i + 2] = shownLevel(values[i]!, tone);
    out[4 * i + 3] = 255;
  }
  return out;
}
