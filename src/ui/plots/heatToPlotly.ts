/** A grid of numbers as traces and a layout of plotly.js, with the boundary where its values cross the middle. */
import type { Data, Layout, Shape } from "plotly.js";
import { sidesOf } from "./heatSpec.ts";
import type { HeatSpec } from "./heatSpec.ts";
import type { PlotForm, PlotTheme } from "./toPlotly.ts";

export function heatToPlotly(
  spec: HeatSpec,
  theme: PlotTheme,
  form: PlotForm,
): { readonly data: Data[]; readonly layout: Partial<Layout> } {
  const { rows, columns, values, unit, middle } = spec;
  const z = rows.map((_, r) =>
    columns.map((_c, c) => {
      const value = values[r * columns.length + c]!;
      return Number.isFinite(value) ? value : null;
    }),
  );
  const known = z.flat().filter((value) => value !== null);
  const reach =
    middle === undefined ? 0 : Math.max(1e-9, ...known.map((v) => Math.abs(v - middle)));
  const labeled = (names: readonly string[], room: number) => ({
    // Whole numbers, so that two equal names stay two cells.
    tickvals: names.map((_, k) => k),
    ticktext: names.map((name) => shortened(name, room)),
    showgrid: false,
    zeroline: false,
  });
  const scale: readonly (readonly [number, string])[] =
    middle === undefined
      ? [
          [0, theme.panel],
          [1, theme.inks.clean],
        ]
      : [
          [0, theme.inks.clean],
          [0.5, theme.panel],
          [1, theme.inks.changed],
        ];
  return {
    data: [
      {
        type: "heatmap",
        z,
        x: columns.map((_, k) => k),
        y: rows.map((_, k) => k),
        colorscale: scale.map(([at, ink]) => [at, ink]),
        ...(middle === undefined ? {} : { zmin: middle - reach, zmax: middle + reach }),
        customdata: rows.map((row) => columns.map((column) => `${row}<br>${column}`)),
        hovertemplate: `%{customdata}<br>%{z:.4g} ${unit}<extra></extra>`,
        showscale: true,
        colorbar: { title: { text: unit } },
      } as unknown as Data,
    ],
    layout: {
      width: form.width,
      height: form.height,
      margin: { l: 290, r: 24, t: 16, b: 90 },
      paper_bgcolor: theme.panel,
      plot_bgcolor: "transparent",
      font: { family: theme.font, size: 12, color: theme.text },
      hoverlabel: { font: { family: theme.font, size: 12 } },
      xaxis: { ...labeled(columns, 24), side: "bottom" },
      yaxis: { ...labeled(rows, 48), autorange: "reversed" },
      shapes: boundary(spec, theme.text),
    },
  };
}

/** One line between any two neighbours on different sides of the middle. */
function boundary(spec: HeatSpec, color: string): Partial<Shape>[] {
  const line = (x0: number, y0: number, x1: number, y1: number): Partial<Shape> => ({
    type: "line",
    x0,
    y0,
    x1,
    y1,
    line: { color, width: 2 },
  });
  return spec.rows.flatMap((_, r) =>
    spec.columns.flatMap((_c, c) => {
      const { right, below } = sidesOf(spec, r, c);
      return [
        ...(right ? [line(c + 0.5, r - 0.5, c + 0.5, r + 0.5)] : []),
        ...(below ? [line(c - 0.5, r + 0.5, c + 0.5, r + 0.5)] : []),
      ];
    }),
  );
}

function shortened(name: string, room: number): string {
  return name.length > room ? `${name.slice(0, room - 1)}…` : name;
}
