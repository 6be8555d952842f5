/**
 * What a plot shows, apart from what draws it: series with names and units, axes with titles, marks, and one sentence for
 * readers who cannot see it. The drawing (toPlotly.ts) and the exported table (toCsv) are both made of this.
 */
import { csvText } from "./heatSpec.ts";

/** Roles of colour; the host turns them into the theme's inks. "clean" and "changed" differ in lightness too. */
export type Ink = "clean" | "changed" | "neutral" | "faint";

export interface Series {
  /** As the legend names it. */
  readonly name: string;
  readonly x: ArrayLike<number>;
  /** Same length as x; a value that is not finite breaks the line. */
  readonly y: ArrayLike<number>;
  readonly ink: Ink;
  readonly dash?: boolean;
  /** Line width in CSS pixels; 0 draws points alone. */
  readonly width?: number;
  /** Bars in place of a line. */
  readonly bars?: boolean;
  /** A band around the line, as long as it. */
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
}

export interface Axis {
  /** With its unit, if the quantity has one. */
  readonly title: string;
  readonly range: readonly [number, number];
  /** Whether a logarithmic axis is offered: for positive quantities over some decades. */
  readonly offersLog?: boolean;
}

/** A vertical line at x with a word beside it. */
export interface Mark {
  readonly at: number;
  readonly label: string;
  readonly ink: Ink;
}

/** A hatched part of the plot in which nothing holds, with the words that say so. */
export interface Band {
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

export interface PlotSpec {
  /** For the file name of an export and the heading of the enlarged plot. */
  readonly title: string;
  /** What the plot says now, in one sentence with its numbers. */
  readonly description: string;
  readonly series: readonly Series[];
  readonly x: Axis;
  readonly y: Axis;
  readonly marks?: readonly Mark[];
  readonly band?: Band;
}

/** The plotted values as a table: one row per point, RFC 4180, empty where there is no number. */
export function toCsv({ series, x, y }: PlotSpec): string {
  const rows = [["series", x.title, y.title]];
  for (const { name, x: xs, y: ys } of series) {
    for (let i = 0; i < Math.min(xs.length, ys.length); i++)
      rows.push([name, numberCell(xs[i]!), numberCell(ys[i]!)]);
  }
  return csvText(rows);
}

function numberCell(value: number): string {
  return Number.isFinite(value) ? String(value) : "";
}
