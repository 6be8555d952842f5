/** A grid of numbers as traces and a layout of plotly.js, with the boundary where its values cross the middle. */
import type { Data, Layout, Shape } from "plotly.js";
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
  const labelled = (names: readonly string[], room: number) => ({
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
        showscale: form.isLarge,
        colorbar: { title: { text: unit } },
      } as unknown as Data,
    ],
    layout: {
      width: form.width,
      height: form.height,
      margin: form.isLarge ? { l: 290, r: 24, t: 16, b: 90 } : { l: 104, r: 6, t: 6, b: 42 },
      paper_bgcolor: form.isLarge ? theme.panel : "transparent",
      plot_bgcolor: "transparent",
      font: { family: theme.font, size: form.isLarge ? 12 : 9.5, color: theme.text },
      hoverlabel: { font: { family: theme.font, size: 12 } },
      xaxis: { ...labelled(columns, form.isLarge ? 24 : 10), side: "bottom" },
      yaxis: { ...labelled(rows, form.isLarge ? 48 : 18), autorange: "reversed" },
      shapes: middle === undefined ? [] : boundary(spec, middle, theme.text),
    },
  };
}

/** One line between any two neighbours on different sides of the middle. */
function boundary(
  { rows, columns, values }: HeatSpec,
  middle: number,
  color: string,
): Partial<Shape>[] {
  const side = (r: number, c: number) => {
    const value = values[r * columns.length + c]!;
    return Number.isFinite(value) ? value > middle : undefined;
  };
  const lines: Partial<Shape>[] = [];
  const add = (x0: number, y0: number, x1: number, y1: number) =>
    lines.push({ type: "line", x0, y0, x1, y1, line: { color, width: 2 } });
  for (let r = 0; r < rows.length; r++) {
    for (let c = 0; c < columns.length; c++) {
      const own = side(r, c);
      const right = c + 1 < columns.length ? side(r, c + 1) : undefined;
      const below = r + 1 < rows.length ? side(r + 1, c) : undefined;
      if (own === undefined) continue;
      if (right !== undefined && right !== own) add(c + 0.5, r - 0.5, c + 0.5, r + 0.5);
      if (below !== undefined && below !== own) add(c - 0.5, r + 0.5, c + 0.5, r + 0.5);
    }
  }
  return lines;
}

function shortened(name: string, room: number): string {
  return name.length > room ? `${name.slice(0, room - 1)}…` : name;
}
