/** Lengths on a film, with what they mean: a projection magnifies, and a file may not say in which plane its spacing holds. */
import type { PixelSpacing } from "../../image/radiograph.ts";
import type { RulerLine } from "../../state/viewStore.ts";

export interface Measured {
  readonly length: number;
  readonly unit: "mm" | "px";
  /** Where the length holds, in words. */
  readonly meaning: string;
}

const MEANINGS: Readonly<Record<PixelSpacing["plane"], string>> = {
  detector: "at the detector; in the patient it is less",
  patient: "in the patient, as the file was calibrated",
  film: "on the scanned film",
  unstated: "by the file’s spacing, which does not say where it holds",
};

/** @param pixelAspect height of a pixel over its width: without a spacing, lengths are counted in pixel widths. */
export function measured(
  { from, to }: RulerLine,
  spacing: PixelSpacing | undefined,
  pixelAspect: number,
): Measured {
  const [right, down] = [to.x - from.x, to.y - from.y];
  if (!spacing) {
    return {
      length: Math.hypot(right, down * pixelAspect),
      unit: "px",
      meaning: "the file has no pixel spacing",
    };
  }
  const length = Math.hypot(right * spacing.col, down * spacing.row);
  const { plane, magnification } = spacing;
  const meaning =
    plane === "detector" && magnification
      ? `at the detector; about ${(length / magnification).toFixed(1)} mm in the patient, at the file’s magnification of ${magnification}`
      : MEANINGS[plane];
  return { length, unit: "mm", meaning };
}

export function lengthText({ length, unit }: Measured): string {
  return unit === "mm" ? `${length.toFixed(1)} mm` : `${Math.round(length)} px`;
}
