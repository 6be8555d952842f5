/**
 * A radiograph at full resolution on the square that the model saw. Its values are those of the model's window without
 * clipping, so that the reader's display window can show what lies outside the model's.
 */
import { centredSquare } from "../../image/modelInput.ts";
import type { Radiograph, Voi } from "../../image/radiograph.ts";
import { resize } from "../../image/resize.ts";
import { applyVoi } from "../../image/voi.ts";
import type { DisplayWindow } from "../../state/viewStore.ts";

/** At most `size` pixels a side, fewer where the radiograph has fewer. */
export function detailOf(
  radiograph: Radiograph,
  voi: Voi,
  size: number,
): { readonly size: number; readonly image: Float32Array<ArrayBuffer> } {
  const { rows, cols, values, photometric, padding } = radiograph;
  const crop = centredSquare(radiograph);
  const unit = new Float32Array(values.length);
  for (let i = 0; i < unit.length; i++) {
    const value = values[i]!;
    if (padding && value >= padding.low && value <= padding.high) continue;
    const y = unclipped(value, voi);
    unit[i] = photometric === "MONOCHROME1" ? 1 - y : y;
  }
  const side = Math.min(size, Math.round(Math.max(crop.width, crop.height)));
  const { data } = resize({ rows, cols, data: unit }, side, side, { box: crop });
  return { size: side, image: Float32Array.from(data) };
}

function unclipped(value: number, voi: Voi): number {
  if (voi.kind === "linear_exact") return (value - voi.center) / voi.width + 0.5;
  if (voi.kind === "linear" && voi.width > 1) {
    return (value - (voi.center - 0.5)) / (voi.width - 1) + 0.5;
  }
  return applyVoi(value, voi);
}

/** The window in the file's own units that the display window over the model's window amounts to; none for curves. */
export function fileWindow(display: DisplayWindow, voi: Voi): DisplayWindow | undefined {
  if (voi.kind !== "linear" && voi.kind !== "linear_exact") return undefined;
  return {
    center: voi.center + (display.center / 255 - 0.5) * voi.width,
    width: (display.width / 255) * voi.width,
  };
}
