/** The one door to plotly.js: loaded when the first plot is drawn, in a file of its own. */
import type * as Plotly from "plotly.js";
import { loadPart } from "../../host/loadPart.ts";

type PlotlyModule = Pick<typeof Plotly, "react" | "purge" | "toImage">;

let loading: Promise<PlotlyModule> | undefined;

/** @throws LabError "page-outdated" when the file can't be fetched; the next call tries again. */
export function loadPlotly(): Promise<PlotlyModule> {
  loading ??= loadPart(() => import("plotly.js-cartesian-dist-min")).then(
    (module) => module.default as PlotlyModule,
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}
