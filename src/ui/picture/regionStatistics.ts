/**
 * What lies inside a rectangle or an ellipse on a film: how many pixels, their mean, standard deviation and extremes. A pixel counts
 * where its middle lies inside; what is outside the exposed field is no part of the picture and is left out.
 */
import { isPadding } from "../../image/radiograph.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import type { FilmMeasure, RegionTool } from "../../state/viewStore.ts";

export interface RegionStatistics {
  readonly count: number;
  /** Inside it, but outside the exposed field. */
  readonly leftOut: number;
  readonly mean: number;
  /** Of a sample (over n − 1); NaN for fewer than two pixels. */
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
}

export type RegionFilm = Pick<Radiograph, "cols" | "rows" | "values" | "padding">;

type Corners = FilmMeasure["points"];

/** @param points two opposite corners of the rectangle, or of the one around the ellipse, in film pixels */
export function regionStatistics(
  tool: RegionTool,
  points: Corners,
  film: RegionFilm,
): RegionStatistics {
  let [count, leftOut, sum, min, max] = [0, 0, 0, Infinity, -Infinity];
  eachPixel(tool, points, film, (value) => {
    if (isPadding(value, film)) leftOut++;
    else {
      count++;
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  });
  const mean = count > 0 ? sum / count : Number.NaN;
  // In a second pass: the sum of squares of large values that hardly differ would leave nothing of the difference.
  let squares = 0;
  eachPixel(tool, points, film, (value) => {
    if (!isPadding(value, film)) squares += (value - mean) ** 2;
  });
  const deviation = count > 1 ? Math.sqrt(squares / (count - 1)) : Number.NaN;
  return { count, leftOut, mean, deviation, min, max };
}

function eachPixel(
  tool: RegionTool,
  [from, to]: Corners,
  { cols, rows, values }: RegionFilm,
  visit: (value: number) => void,
): void {
  const [left, right] = [Math.min(from!.x, to!.x), Math.max(from!.x, to!.x)];
  const [top, bottom] = [Math.min(from!.y, to!.y), Math.max(from!.y, to!.y)];
  const middle = (left + right) / 2;
  const last = Math.min(rows - 1, Math.ceil(bottom - 0.5) - 1);
  for (let row = Math.max(0, Math.ceil(top - 0.5)); row <= last; row++) {
    // How far from its middle an ellipse reaches in this row, as a share of half its width.
    const height = (2 * (row + 0.5) - top - bottom) / (bottom - top);
    const half = ((right - left) / 2) * (tool === "ellipse" ? Math.sqrt(1 - height ** 2) : 1);
    const start = Math.max(0, Math.ceil(middle - half - 0.5));
    const end = Math.min(cols - 1, Math.ceil(middle + half - 0.5) - 1);
    for (let at = row * cols + start; at <= row * cols + end; at++) visit(values[at]!);
  }
}
