/** The one door to plotly.js: loaded when the first plot is drawn, with what turns our plots into its form. */
import type * as Plotly from "plotly.js";
import type { drawn } from "./drawable.ts";
import { loadPart } from "../../host/loadPart.ts";

type PlotlyModule = Pick<typeof Plotly, "react" | "purge" | "toImage">;

export interface Plotter {
  readonly plotly: PlotlyModule;
  readonly drawn: typeof drawn;
}

let loading: Promise<Plotter> | undefined;

/** @throws LabError "page-outdated" when a file can't be fetched; the next call tries again. */
export function loadPlotter(): Promise<Plotter> {
  loading ??= loadPart(() =>
    Promise.all([import("plotly.js-cartesian-dist-min"), import("./drawable.ts")]),
  ).then(
    ([module, drawable]) => ({ plotly: module.default as PlotlyModule, drawn: drawable.drawn }),
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}
