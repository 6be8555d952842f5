/** A plot of an instrument's result as the page's one plot host draws it. */
import type {
  HeatPlot,
  LinePlot,
  Axis as MeasuredAxis,
} from "../../experiment/instruments/instrumentResult.ts";
import type { Drawable } from "../plots/drawable.ts";
import type { Axis, Ink, Series } from "../plots/plotSpec.ts";

const INKS: readonly Ink[] = ["clean", "changed", "neutral", "faint"];

/** @param statement of the result: what a reader who can't see the plot is told. */
export function drawableOf(plot: LinePlot | HeatPlot, statement: string): Drawable {
  const { title } = plot;
  const description = `${title}. ${statement}`;
  if (plot.kind === "heat") {
    const { rows, columns, values, unit, middle } = plot;
    return {
      title,
      description,
      rows,
      columns,
      values,
      unit,
      ...(middle === undefined ? {} : { middle }),
    };
  }
  const series = plot.series.map(({ name, x, y, low, high, mode }, k): Series => ({
    name,
    x,
    y,
    ink: INKS[k % INKS.length]!,
    dash: k >= INKS.length,
    ...(mode === "points" ? { width: 0 } : {}),
    ...(mode === "bars" ? { bars: true } : {}),
    ...(low && high ? { low, high } : {}),
  }));
  const ys = plot.series.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
  const hasBars = plot.series.some(({ mode }) => mode === "bars");
  return {
    title,
    description,
    series,
    x: axisOf(
      plot.x,
      plot.series.map(({ x }) => x),
      false,
    ),
    y: axisOf(plot.y, ys, hasBars),
  };
}

function axisOf(
  { label, unit, log }: MeasuredAxis,
  values: readonly Float64Array[],
  fromZero: boolean,
): Axis {
  let low = fromZero ? 0 : Infinity;
  let high = -Infinity;
  for (const list of values) {
    for (const value of list) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (!(high >= low)) [low, high] = [0, 1];
  const room = high > low ? 0.04 * (high - low) : Math.max(0.5, Math.abs(high) * 0.1);
  return {
    title: unit === "" ? label : `${label} (${unit})`,
    // A line that stands still at 0, such as a share of errors, does not reach below it.
    range: [fromZero || (low === 0 && high === 0) ? 0 : low - room, high + room],
    ...(log ? { offersLog: true } : {}),
  };
}
