/** What a film holds at one pixel: as stored, in modality units, and as it is shown. */
import { shownLevel } from "../../image/display.ts";
import type { Tone } from "../../image/display.ts";
import { isPadding } from "../../image/radiograph.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import { significant } from "../../numerics/decimalText.ts";

export interface Probed {
  readonly col: number;
  readonly row: number;
  /** Undefined where it cannot be told from the modality value: behind a table, or in a picture that is no DICOM file. */
  readonly stored: number | undefined;
  readonly value: number;
  /** 0 to 255. */
  readonly shown: number;
  readonly isPadding: boolean;
}

/** @param at in film pixels; undefined outside the film. */
export function probeFilm(
  radiograph: Pick<Radiograph, "cols" | "rows" | "values" | "rescale" | "padding">,
  at: { readonly x: number; readonly y: number },
  tone: Tone,
): Probed | undefined {
  const { cols, rows, values, rescale } = radiograph;
  const [col, row] = [Math.floor(at.x), Math.floor(at.y)];
  if (col < 0 || row < 0 || col >= cols || row >= rows) return undefined;
  const value = values[row * cols + col]!;
  return {
    col,
    row,
    // Stored values are whole; float32 modality values are a rounding away from theirs.
    stored: rescale && Math.round((value - rescale.intercept) / rescale.slope),
    value,
    shown: shownLevel(value, tone),
    isPadding: isPadding(value, radiograph),
  };
}

export function probeText({ col, row, stored, value, shown, isPadding: pads }: Probed): string {
  const same = stored === value;
  const parts = [
    ...(stored === undefined || same ? [] : [`stored ${significant(stored, 6)}`]),
    `value ${significant(value, 6)}${same ? " (as stored)" : ""}`,
    `shown ${shown}`,
    ...(pads ? ["outside the exposed field"] : []),
  ];
  return `${col}, ${row}: ${parts.join(", ")}`;
}
