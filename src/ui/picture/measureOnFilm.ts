/** What is told of a measurement on a film that is at hand: of lines what they measure, of an area the values inside it. */
import type { Radiograph } from "../../image/radiograph.ts";
import { decimal, significant } from "../../numerics/decimalText.ts";
import type { FilmMeasure, RegionTool } from "../../state/viewStore.ts";
import { isRegionTool, measured } from "./measure.ts";
import type { Measured, Scale } from "./measure.ts";
import { regionStatistics } from "./regionStatistics.ts";
import type { RegionFilm } from "./regionStatistics.ts";

export type MeasuredFilm = Scale & RegionFilm & Pick<Radiograph, "rescale">;

/** Millions of pixels are counted once for an area, and not at each move of the pointer over the film. */
const counted = new WeakMap<
  FilmMeasure,
  { readonly film: MeasuredFilm; readonly told: Measured }
>();

/** Null while there is nothing to tell yet. */
export function measuredOn(item: FilmMeasure, film: MeasuredFilm): Measured | null {
  const { tool, points } = item;
  if (!isRegionTool(tool)) return measured(item, film);
  if (points.length < 2) return null;
  const before = counted.get(item);
  if (before?.film === film) return before.told;
  const told = regionMeasured(tool, points, film);
  counted.set(item, { film, told });
  return told;
}

const INSIDE: Readonly<Record<RegionTool, string>> = {
  rectangle: "inside the rectangle",
  ellipse: "inside the ellipse",
};

function regionMeasured(
  tool: RegionTool,
  points: FilmMeasure["points"],
  film: MeasuredFilm,
): Measured {
  const { count, leftOut, mean, deviation, min, max } = regionStatistics(tool, points, film);
  const outside = leftOut > 0 ? `; ${leftOut} pixels outside the exposed field are left out` : "";
  if (count === 0) return { text: "no pixel", meaning: `${INSIDE[tool]}${outside}` };
  const { rescale } = film;
  const isAsStored = rescale?.slope === 1 && rescale.intercept === 0;
  const stored = (value: number) => (value - rescale!.intercept) / rescale!.slope;
  const units = isAsStored
    ? "as they are stored"
    : rescale
      ? `after the file’s rescale; as stored: mean ${short(stored(mean))}, SD ${short(Math.abs(deviation / rescale.slope))}`
      : "as the probe tells them";
  return {
    text: `mean ${short(mean)}, SD ${short(deviation)}`,
    meaning: `min ${significant(min, 6)}, max ${significant(max, 6)}, n = ${count} pixels, ${areaText(count, film)}; values ${units}${outside}`,
  };
}

function areaText(count: number, { pixelSpacingMm: spacing }: Scale): string {
  if (!spacing) return `area ${count} px (the file has no pixel spacing)`;
  const { row, col, plane, magnification } = spacing;
  const area = count * row * col;
  const inPatient =
    plane === "detector" && magnification
      ? `, about ${rounded(area / magnification ** 2)} mm² in the patient`
      : plane === "detector"
        ? ", in the patient less"
        : "";
  const where = plane === "detector" ? " at the detector" : plane === "film" ? " on the film" : "";
  return `area ${rounded(area)} mm²${where}${inPatient}`;
}

function rounded(area: number): string {
  return decimal(area, area >= 1000 ? 0 : 1);
}

/** Four digits of what is smaller than a thousand, one decimal of the rest. */
function short(value: number): string {
  return Math.abs(value) >= 1000 || Number.isNaN(value) ? decimal(value, 1) : significant(value, 4);
}
