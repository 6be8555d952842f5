/** Either kind of plot as the one host draws and exports it. */
import type { Data, Layout } from "plotly.js";
import { heatCsv } from "./heatSpec.ts";
import type { HeatSpec } from "./heatSpec.ts";
import { heatToPlotly } from "./heatToPlotly.ts";
import { toCsv } from "./plotSpec.ts";
import type { PlotSpec } from "./plotSpec.ts";
import { toPlotly } from "./toPlotly.ts";
import type { PlotForm, PlotTheme } from "./toPlotly.ts";

export type Drawable = PlotSpec | HeatSpec;

export function drawn(
  spec: Drawable,
  theme: PlotTheme,
  form: PlotForm,
): { readonly data: Data[]; readonly layout: Partial<Layout> } {
  return "rows" in spec ? heatToPlotly(spec, theme, form) : toPlotly(spec, theme, form);
}

export function csvOf(spec: Drawable): string {
  return "rows" in spec ? heatCsv(spec) : toCsv(spec);
}
