/** A plot's description as traces and a layout of plotly.js. */
import type { Annotations, Data, Layout, Shape } from "plotly.js";
import type { Axis, Ink, PlotSpec, Series } from "./plotSpec.ts";

/** Colours of the running theme, as CSS values. */
export interface PlotTheme {
  readonly inks: Readonly<Record<Ink, string>>;
  readonly text: string;
  readonly grid: string;
  readonly panel: string;
  readonly font: string;
}

export interface PlotForm {
  readonly width: number;
  readonly height: number;
  readonly logX: boolean;
  readonly logY: boolean;
}

export function toPlotly(
  spec: PlotSpec,
  theme: PlotTheme,
  form: PlotForm,
): { readonly data: Data[]; readonly layout: Partial<Layout> } {
  return {
    data: spec.series.flatMap((series) => [...band(series, theme), trace(series, spec, theme)]),
    layout: {
      width: form.width,
      height: form.height,
      margin: { l: 62, r: 24, t: 16, b: 52 },
      paper_bgcolor: theme.panel,
      plot_bgcolor: "transparent",
      font: { family: theme.font, size: 13, color: theme.text },
      showlegend: true,
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" },
      hovermode: "closest",
      hoverlabel: { font: { family: theme.font, size: 12 } },
      // Zoom and pan of the reader stay while new values stream in.
      uirevision: `${form.logX}-${form.logY}`,
      xaxis: axis(spec.x, theme, {
        isLog: form.logX,
        ticks: form.width / 60,
      }),
      yaxis: axis(spec.y, theme, {
        isLog: form.logY,
        ticks: Math.max(2, form.height / 34),
      }),
      shapes: shapesOf(spec, theme),
      annotations: annotationsOf(spec, theme, form),
    },
  };
}

/** The band around a line, as one filled outline below it. */
function band({ x, low, high, ink, name }: Series, theme: PlotTheme): Data[] {
  if (!low || !high) return [];
  const there = Array.from(x, (_, k) => k).filter(
    (k) => Number.isFinite(low[k]) && Number.isFinite(high[k]),
  );
  const back = there.toReversed();
  return [
    {
      type: "scatter",
      mode: "lines",
      name: `${name}, interval`,
      showlegend: false,
      hoverinfo: "skip",
      x: [...there, ...back].map((k) => x[k]!),
      y: [...there.map((k) => high[k]!), ...back.map((k) => low[k]!)],
      fill: "toself",
      line: { width: 0 },
      fillcolor: theme.inks[ink],
      opacity: 0.22,
    },
  ];
}

function trace(series: Series, { x, y }: PlotSpec, theme: PlotTheme): Data {
  if (series.bars) {
    return {
      type: "bar",
      name: series.name,
      x: Array.from(series.x),
      y: Array.from(series.y),
      marker: { color: theme.inks[series.ink] },
      opacity: 0.75,
      hovertemplate: `${series.name}<br>${x.title}: %{x:.4g}<br>${y.title}: %{y:.4g}<extra></extra>`,
    };
  }
  const { name, ink, dash = false, width = 1.75 } = series;
  const color = theme.inks[ink];
  return {
    type: "scatter",
    mode: width === 0 ? "markers" : series.x.length === 1 ? "lines+markers" : "lines",
    name,
    // A single point repeats a curve's last value or stands beside a labelled mark.
    showlegend: width > 0,
    x: Array.from(series.x),
    y: Array.from(series.y, (value) => (Number.isFinite(value) ? value : null)),
    connectgaps: false,
    line: { color, width, dash: dash ? "dash" : "solid" },
    marker: { color, size: 7 },
    hovertemplate: `${name}<br>${x.title}: %{x:.4g}<br>${y.title}: %{y:.4g}<extra></extra>`,
  };
}

function axis(
  { title, range }: Axis,
  theme: PlotTheme,
  how: {
    readonly isLog: boolean;
    readonly ticks: number;
  },
): Partial<Layout["xaxis"]> {
  return {
    type: how.isLog ? "log" : "linear",
    // A logarithmic axis has no zero: plotly chooses the decades from the values.
    ...(how.isLog ? { autorange: true } : { range: [...range] }),
    nticks: Math.max(2, Math.round(how.ticks)),
    title: { text: title, standoff: 6, font: { size: 13 } },
    gridcolor: theme.grid,
    linecolor: theme.grid,
    zerolinecolor: theme.inks.faint,
    showline: true,
    automargin: false,
  };
}

function shapesOf({ marks = [], band }: PlotSpec, theme: PlotTheme): Partial<Shape>[] {
  const lines = marks.map(({ at, ink }): Partial<Shape> => ({
    type: "line",
    xref: "x",
    yref: "paper",
    x0: at,
    x1: at,
    y0: 0,
    y1: 1,
    line: { color: theme.inks[ink], width: 1.25 },
  }));
  if (!band || band.to <= band.from) return lines;
  const area: Partial<Shape> = {
    type: "rect",
    layer: "below",
    xref: "x",
    yref: "paper",
    x0: band.from,
    x1: band.to,
    y0: 0,
    y1: 1,
    line: { width: 0 },
    fillcolor: theme.inks.faint,
    opacity: 0.18,
  };
  return [area, ...lines];
}

function annotationsOf(
  { marks = [], band, x }: PlotSpec,
  theme: PlotTheme,
  form: PlotForm,
): Partial<Annotations>[] {
  const middle = (x.range[0] + x.range[1]) / 2;
  // Positions of annotations on a logarithmic axis are exponents.
  const place = (value: number) => (form.logX ? Math.log10(value) : value);
  const words = marks.map(({ at, label, ink }): Partial<Annotations> => ({
    xref: "x",
    yref: "paper",
    x: place(at),
    y: 1,
    yanchor: "top",
    xanchor: at > middle ? "right" : "left",
    xshift: at > middle ? -3 : 3,
    text: label,
    showarrow: false,
    font: { color: theme.inks[ink] },
  }));
  const share = band ? (band.to - band.from) / (x.range[1] - x.range[0] || 1) : 0;
  if (!band || share * form.width < 130 || form.logX) return words;
  return [
    ...words,
    {
      xref: "x",
      yref: "paper",
      x: (band.from + band.to) / 2,
      y: 0.45,
      text: band.label.replaceAll("\n", "<br>"),
      showarrow: false,
      font: { color: theme.text },
    },
  ];
}
