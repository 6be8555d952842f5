/**
 * The grey pipeline of DICOM PS3.3 C.7.6.3, C.11.1 and C.11.2 from modality values to what is seen:
 * VOI window or table -> inversion for MONOCHROME1, last -> 8 bit.
 */
import { distributionOf } from "./distribution.ts";
import type { ValueDistribution } from "./distribution.ts";
import type { Photometric, Radiograph, Voi, VoiWindow } from "./radiograph.ts";
import { significant } from "../numerics/decimalText.ts";

/** Brightness of one modality value in [0, 1] before the MONOCHROME1 inversion. */
export function applyVoi(value: number, voi: Voi): number {
  switch (voi.kind) {
    case "linear":
      if (voi.width <= 1) return value > voi.center - 0.5 ? 1 : 0;
      return clampUnit((value - (voi.center - 0.5)) / (voi.width - 1) + 0.5);
    case "linear_exact":
      return clampUnit((value - voi.center) / voi.width + 0.5);
    case "sigmoid":
      return 1 / (1 + Math.exp((-4 * (value - voi.center)) / voi.width));
    case "table": {
      const last = voi.entries.length - 1;
      const index = Math.max(0, Math.min(last, Math.round(value - voi.firstValue)));
      return clampUnit(voi.entries[index]! / (2 ** voi.bits - 1));
    }
  }
}

/** Brightness in [0, 1] of every pixel, MONOCHROME1 inverted: bright is dense in both photometric interpretations. */
export function renderUnit(radiograph: Radiograph, voi: Voi): Float32Array {
  const out = new Float32Array(radiograph.values.length);
  return mapValues(radiograph, (value) => brightness(value, voi, radiograph.photometric), out);
}

/** The 8-bit picture a viewer shows: floor(255 y + 0.5) of `renderUnit` computed in double precision. */
export function renderBytes(radiograph: Radiograph, voi: Voi): Uint8Array {
  const out = new Uint8Array(radiograph.values.length);
  const { photometric } = radiograph;
  return mapValues(
    radiograph,
    (value) => Math.floor(brightness(value, voi, photometric) * 255 + 0.5),
    out,
  );
}

/** The window or table to open with: the file's first, else exactly lowest to highest value. */
export function defaultVoi(radiograph: Radiograph): Voi {
  return fileVoi(radiograph, 0);
}

/** One of the file's own windows or tables; where it has no such one, its first, else lowest to highest value. */
export function fileVoi(radiograph: Radiograph, index: number): Voi {
  const { vois } = radiograph;
  return vois[index] ?? vois[0] ?? fullRangeWindow(distributionOf(radiograph));
}

/** Lowest value black, highest white (before inversion). */
export function fullRangeWindow(distribution: ValueDistribution): VoiWindow {
  return windowBetween(distribution.min, distribution.max);
}

/** 0 black and the largest value of `bits` white: how a picture that is no measurement is meant to be seen. */
export function fullDepthWindow(bits: number): VoiWindow {
  return { ...windowBetween(0, 2 ** bits - 1), explanation: "as stored" };
}

/** 0.5th to 99.5th percentile, so that a marker or a hot pixel does not flatten the picture. */
export function automaticWindow(distribution: ValueDistribution): VoiWindow {
  const low = distribution.quantile(0.005);
  const high = distribution.quantile(0.995);
  return low < high ? windowBetween(low, high) : fullRangeWindow(distribution);
}

export interface VoiPreset {
  /** The key that chooses it. */
  readonly key: "1" | "2" | "3" | "4" | "5";
  readonly name: string;
  readonly voi: Voi;
}

/**
 * The presets of a projection radiograph. "From file" is absent when the file has none. Lung and bone are placed by
 * percentiles of brightness (35th with 50 % of the range, 65th with 40 %): starting points, not calibrated windows.
 */
export function voiPresets(
  radiograph: Pick<Radiograph, "values" | "padding" | "photometric" | "vois">,
  distribution: ValueDistribution = distributionOf(radiograph),
): readonly VoiPreset[] {
  const range = rangeOf(distribution);
  const darkness = (share: number) =>
    radiograph.photometric === "MONOCHROME1" ? 1 - share : share;
  const centered = (share: number, width: number): VoiWindow => ({
    kind: "linear_exact",
    center: distribution.quantile(darkness(share)),
    width: width * range,
  });
  const presets: VoiPreset[] = [
    { key: "2", name: "Automatic", voi: automaticWindow(distribution) },
    { key: "3", name: "Full range", voi: fullRangeWindow(distribution) },
    { key: "4", name: "Lung", voi: centered(0.35, 0.5) },
    { key: "5", name: "Bone / mediastinum", voi: centered(0.65, 0.4) },
  ];
  const fromFile = radiograph.vois[0];
  return fromFile ? [{ key: "1", name: "From file", voi: fromFile }, ...presets] : presets;
}

/**
 * The window after dragging `right` and `down` screen pixels: right is wider (less contrast), down is darker, whichever
 * way the file stores black. A pixel is worth 1/1024 of the value range. A table is first replaced by a full-range
 * window, because a table has no width to drag.
 */
export function dragVoi(
  start: Voi,
  drag: { readonly right: number; readonly down: number },
  radiograph: Pick<Radiograph, "photometric">,
  distribution: ValueDistribution,
): VoiWindow {
  const window = start.kind === "table" ? fullRangeWindow(distribution) : start;
  const step = rangeOf(distribution) / 1024;
  const narrowest = window.kind === "linear" ? Math.max(1, step) : step;
  const towardsDark = radiograph.photometric === "MONOCHROME1" ? -1 : 1;
  return {
    kind: window.kind,
    center: window.center + towardsDark * drag.down * step,
    width: Math.max(narrowest, window.width + drag.right * step),
  };
}

/** One line for the viewer's corner and for the statement of what a model saw. */
export function describeVoi(voi: Voi): string {
  const name = voi.explanation === undefined ? "" : ` (${voi.explanation})`;
  if (voi.kind === "table") return `file table, ${voi.entries.length} entries${name}`;
  const shape = voi.kind === "sigmoid" ? "sigmoid " : "";
  return `${shape}W ${significant(voi.width, 5)} C ${significant(voi.center, 5)}${name}`;
}

function windowBetween(low: number, high: number): VoiWindow {
  // A constant picture gets mid-grey at any width; 1 keeps the formula finite.
  return { kind: "linear_exact", center: (low + high) / 2, width: high > low ? high - low : 1 };
}

function rangeOf(distribution: ValueDistribution): number {
  return Math.max(distribution.max - distribution.min, 1e-6);
}

/** Brightness of one modality value in [0, 1], MONOCHROME1 inverted: bright is dense. */
export function brightness(value: number, voi: Voi, photometric: Photometric): number {
  const y = applyVoi(value, voi);
  return photometric === "MONOCHROME1" ? 1 - y : y;
}

function clampUnit(y: number): number {
  // NaN (a damaged float picture) becomes black rather than an undefined byte.
  return y > 0 ? Math.min(1, y) : 0;
}

/** Maps every value, through a lookup table where the values are integers of a small range (10-megapixel pictures). */
function mapValues<T extends Float32Array | Uint8Array>(
  radiograph: Radiograph,
  map: (value: number) => number,
  out: T,
): T {
  const { values } = radiograph;
  let min = 0;
  let max = -1;
  if (values instanceof Int32Array && values.length > 0) {
    min = values[0]!;
    max = min;
    for (let i = 1; i < values.length; i++) {
      const value = values[i]!;
      if (value < min) min = value;
      else if (value > max) max = value;
    }
  }
  const levels = max - min + 1;
  if (levels > 0 && levels <= Math.min(65_536, values.length)) {
    const table = new Float64Array(levels);
    for (let level = 0; level < levels; level++) table[level] = map(min + level);
    for (let i = 0; i < out.length; i++) out[i] = table[values[i]! - min]!;
  } else {
    for (let i = 0; i < out.length; i++) out[i] = map(values[i]!);
  }
  return out;
}
