/** A figure as traces and a layout of plotly.js: plain data, drawn by whoever holds the library. */
import type { Figure, FigureSeries } from "./figures.ts";

export interface FigureTheme {
  /** Series in turn. */
  readonly colors: readonly string[];
  readonly text: string;
  readonly grid: string;
  readonly font: string;
  /** Of the drawing, pixels; absent where it is as wide as it needs. */
  readonly width?: number;
}

export interface PlotlyFigure {
  readonly data: readonly object[];
  readonly layout: object;
}

export function plotlyFigure(figure: Figure, theme: FigureTheme): PlotlyFigure {
  const axis = { gridcolor: theme.grid, zerolinecolor: theme.grid, automargin: true };
  return {
    data:
      figure.kind === "heat"
        ? [heatMap(figure, theme.width)]
        : figure.series.flatMap((series, k) => {
            const color = theme.colors[k % theme.colors.length]!;
            if (figure.kind === "line") return [band(series, color), line(series, color)];
            if (figure.kind === "box") return [boxes(series, color)];
            return [
              figure.kind === "scatter" ? points(series, color) : bars(series, color, theme.text),
            ];
          }),
    layout: {
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      font: { family: theme.font, size: 12, color: theme.text },
      margin: { l: 60, r: 20, t: 20, b: 50 },
      xaxis: {
        ...axis,
        title: { text: figure.xTitle },
        ...(figure.kind === "line" || figure.kind === "scatter" ? {} : { type: "category" }),
      },
      yaxis: {
        ...axis,
        title: { text: figure.yTitle },
        ...(figure.kind === "heat"
          ? { type: "category", autorange: "reversed" }
          : figure.isShare
            ? { range: [-0.02, 1.02] }
            : {}),
      },
      barmode: "group",
      boxmode: "group",
      showlegend: figure.kind !== "heat" && figure.series.length > 1,
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" },
    },
  };
}

function line(series: FigureSeries, color: string): object {
  return {
    type: "scatter",
    mode: "lines+markers",
    name: series.name,
    x: series.x,
    y: series.y,
    text: series.support,
    line: { color: color, width: 2 },
    hovertemplate: "%{x}: %{y:.4g} (%{text})<extra></extra>",
    connectgaps: false,
  };
}

/** The intervals as one closed outline: along the upper ends and back along the lower ones. */
function band({ x, low, high }: FigureSeries, color: string): object {
  const there = x.map((_, k) => k).filter((k) => low[k] !== null && high[k] !== null);
  const back = there.toReversed();
  return {
    type: "scatter",
    mode: "lines",
    x: [...there.map((k) => x[k]), ...back.map((k) => x[k])],
    y: [...there.map((k) => high[k]), ...back.map((k) => low[k])],
    fill: "toself",
    fillcolor: color,
    opacity: 0.18,
    line: { width: 0 },
    hoverinfo: "skip",
    showlegend: false,
  };
}

function bars(
  { name, x, y, low, high, support }: FigureSeries,
  color: string,
  intervals: string,
): object {
  const upTo = (ends: FigureSeries["high"], sign: 1 | -1) =>
    y.map((value, k) => {
      const end = ends[k] ?? null;
      return value === null || end === null ? 0 : sign * (end - value);
    });
  return {
    type: "bar",
    name,
    x,
    y,
    text: support,
    textposition: "none",
    marker: { color: color },
    error_y: {
      type: "data",
      symmetric: false,
      array: upTo(high, 1),
      arrayminus: upTo(low, -1),
      color: intervals,
    },
    hovertemplate: "%{x}: %{y:.4g} (%{text})<extra></extra>",
  };
}

/** Quartiles and median, whiskers to the last point within 1.5 box lengths, and each run as a point. */
function boxes({ name, x, y, support }: FigureSeries, color: string): object {
  return {
    type: "box",
    name,
    x,
    y,
    text: support,
    boxpoints: "all",
    jitter: 0.4,
    pointpos: 0,
    marker: { color: color, size: 3, opacity: 0.6 },
    line: { color: color, width: 1.5 },
    hovertemplate: "%{text}: %{y:.4g}<extra></extra>",
  };
}

function points({ name, x, y, support }: FigureSeries, color: string): object {
  return {
    type: "scatter",
    mode: "markers",
    name,
    x,
    y,
    text: support,
    marker: { color: color, size: 6, opacity: 0.7 },
    hovertemplate: "%{text}: %{x:.4g}, %{y:.4g}<extra></extra>",
  };
}

/** Of a character at 12 pixels, and what the scale beside a map takes. */
const CHARACTER = 7;
const SCALE = 110;

function heatMap({ series, isShare }: Figure, width = Infinity): object {
  const columns = [...new Set(series.flatMap(({ x }) => x))];
  const cells = <T>(read: (one: FigureSeries, k: number) => T) =>
    series.map((one) =>
      columns.map((column) => {
        const k = one.x.indexOf(column);
        return k < 0 ? null : read(one, k);
      }),
    );
  const text = cells(({ y, support }, k) =>
    y[k] === null || y[k] === undefined ? "" : `${y[k].toPrecision(2)} (${support[k]})`,
  );
  const longest = (words: readonly (string | null)[]) =>
    CHARACTER * Math.max(...words.map((word) => word?.length ?? 0));
  const room = (width - SCALE - longest(series.map(({ name }) => name))) / columns.length;
  return {
    type: "heatmap",
    x: columns,
    y: series.map(({ name }) => name),
    z: cells(({ y }, k) => y[k] ?? null),
    text,
    // A cell too narrow for its numbers shows the value alone, or none: a tap on it has them all.
    texttemplate:
      longest(text.flat()) <= room ? "%{text}" : 5 * CHARACTER <= room ? "%{z:.2g}" : "",
    hovertemplate: "%{y}, %{x}: %{text}<extra></extra>",
    hoverongaps: false,
    colorscale: "Cividis",
    ...(isShare ? { zmin: 0, zmax: 1 } : {}),
  };
}
