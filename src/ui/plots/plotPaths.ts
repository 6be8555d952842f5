/** A plot of lines as paths of a drawing of a given size: what the page draws itself, at once, where plotly would hold it up. */
import { decades, ticks } from "../../numerics/ticks.ts";
import type { Axis, Band, Ink, PlotSpec, Series } from "./plotSpec.ts";
import { significant, withMinus } from "../../numerics/decimalText.ts";

export interface DrawnSeries {
  readonly name: string;
  readonly ink: Ink;
  readonly dash: boolean;
  /** Outline of a line. */
  readonly line?: string;
  /** Outline of the band around it. */
  readonly band?: string;
  readonly points?: readonly (readonly [number, number])[];
  readonly bars?: readonly Box[];
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface DrawnTick {
  readonly at: number;
  readonly label: string;
}

export interface DrawnPlot {
  readonly box: {
    readonly left: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  };
  readonly x: readonly DrawnTick[];
  readonly y: readonly DrawnTick[];
  readonly series: readonly DrawnSeries[];
  readonly marks: readonly DrawnMark[];
  readonly band?: DrawnBand;
  /** The value drawn nearest to a place of the drawing; undefined where none is drawn. */
  nearest(x: number, y: number): NearValue | undefined;
}

export interface NearValue {
  readonly name: string;
  readonly ink: Ink;
  readonly x: string;
  readonly y: string;
  /** Its place. */
  readonly at: readonly [number, number];
}

/** A vertical line with its words on the side where there is more room. */
export interface DrawnMark {
  readonly at: number;
  readonly label: string;
  readonly ink: Ink;
  readonly isLeft: boolean;
}

export interface DrawnBand {
  readonly from: number;
  readonly to: number;
  /** Lines of words in its middle; none where they would not fit. */
  readonly label: readonly string[];
}

interface PlotSize {
  readonly width: number;
  readonly height: number;
  readonly logX: boolean;
  readonly logY: boolean;
}

type Place = (value: number) => number;

/** Room for a tick's number, in CSS pixels. */
const LEFT = 44;
/** A narrower or lower band has no room for its words: those of the axis may stand inside such a plot, too. */
const WORDY_BAND = { width: 110, height: 70 };

export function smallPlot(spec: PlotSpec, { width, height, logX, logY }: PlotSize): DrawnPlot {
  const box = { left: LEFT, right: width - 10, top: 8, bottom: height - 20 };
  const xs = axisPlace(
    spec.x,
    spec.series.map(({ x }) => x),
    logX,
  );
  const ys = axisPlace(
    spec.y,
    spec.series.map(({ y }) => y),
    logY,
  );
  const px: Place = (value) => box.left + xs.share(value) * (box.right - box.left);
  const py: Place = (value) => box.bottom - ys.share(value) * (box.bottom - box.top);
  const barred = spec.series.filter(({ bars }) => bars);
  const inside = (
    { range }: { readonly range: readonly [number, number] },
    values: readonly number[],
  ) => values.filter((value) => value >= range[0] && value <= range[1]);
  const tick = (place: Place) => (value: number) => ({ at: place(value), label: tickLabel(value) });
  return {
    box,
    x: inside(xs, xs.ticks(Math.max(2, Math.round(width / 80)))).map(tick(px)),
    y: inside(ys, ys.ticks(Math.max(2, Math.round(height / 40)))).map(tick(py)),
    series: spec.series.map((series) => {
      const { name, ink, dash = false, width: stroke = 1, bars } = series;
      const at = { name, ink, dash };
      if (bars)
        return { ...at, bars: boxesOf(series, barred.indexOf(series), barred.length, [px, py]) };
      if (stroke === 0) return { ...at, points: pointsOf(series, [px, py]) };
      const band = bandOf(series, [px, py]);
      const points = pointsOf(series, [px, py]);
      return {
        ...at,
        line: lineOf(series, [px, py]),
        ...(band === "" ? {} : { band }),
        ...(points.length === 1 ? { points } : {}),
      };
    }),
    marks: (spec.marks ?? []).flatMap(({ at, label, ink }) => {
      const place = px(at);
      const isLeft = place > (box.left + box.right) / 2;
      return Number.isFinite(place) ? [{ at: round(place), label, ink, isLeft }] : [];
    }),
    ...bandBetween(spec.band, box, px),
    nearest: (x, y) => nearestOf(spec.series, [px, py], [x, y]),
  };
}

function nearestOf(
  all: readonly Series[],
  [px, py]: Places,
  [toX, toY]: readonly [number, number],
): NearValue | undefined {
  let found: NearValue | undefined;
  let least = Infinity;
  for (const { name, ink, x, y } of all) {
    for (let k = 0; k < x.length; k++) {
      const at = [round(px(x[k]!)), round(py(y[k]!))] as const;
      const away = (at[0] - toX) ** 2 + (at[1] - toY) ** 2;
      if (!(away < least)) continue;
      least = away;
      found = { name, ink, x: tickLabel(x[k]!), y: tickLabel(y[k]!), at };
    }
  }
  return found;
}

/** Inside the plot; left out where it is empty or its ends have no place, as 0 has none on a logarithmic axis. */
function bandBetween(
  band: Band | undefined,
  { left, right, top, bottom }: DrawnPlot["box"],
  px: Place,
): Pick<DrawnPlot, "band"> {
  if (!band) return {};
  const end = (value: number) => round(Math.min(right, Math.max(left, px(value))));
  const [from, to] = [end(band.from), end(band.to)];
  if (!(to > from)) return {};
  const isWordy = to - from >= WORDY_BAND.width && bottom - top >= WORDY_BAND.height;
  return { band: { from, to, label: isWordy ? band.label.split("\n") : [] } };
}

/** Where values stand between the ends of an axis, 0 to 1. */
function axisPlace({ range }: Axis, values: readonly ArrayLike<number>[], isLog: boolean) {
  if (isLog) {
    const positive = values.flatMap((list) =>
      Array.from(list).filter((v) => v > 0 && v < Infinity),
    );
    if (positive.length > 0) {
      const low = positive.reduce((a, b) => Math.min(a, b));
      const top = positive.reduce((a, b) => Math.max(a, b));
      const high = top > low ? top : low * 10;
      return {
        range: [low, high] as const,
        share: (value: number) =>
          value > 0 ? Math.log(value / low) / Math.log(high / low) : Number.NaN,
        ticks: () => decades(low, high),
      };
    }
  }
  const [low, high] = range;
  return {
    range: [low, high] as const,
    share: (value: number) => (value - low) / (high - low || 1),
    ticks: (wanted: number) => ticks(low, high, wanted),
  };
}

function tickLabel(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5)
    ? withMinus(value.toExponential(0))
    : significant(value, 4);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

type Places = readonly [Place, Place];

function lineOf({ x, y }: Series, [px, py]: Places): string {
  let path = "";
  let isDown = false;
  for (let k = 0; k < x.length; k++) {
    const [a, b] = [px(x[k]!), py(y[k]!)];
    const isThere = Number.isFinite(a) && Number.isFinite(b);
    if (isThere) path += `${isDown ? "L" : "M"}${round(a)} ${round(b)}`;
    isDown = isThere;
  }
  return path;
}

function bandOf({ x, low, high }: Series, [px, py]: Places): string {
  if (!low || !high) return "";
  const there = Array.from(x, (_, k) => k).filter((k) =>
    [px(x[k]!), py(low[k]!), py(high[k]!)].every(Number.isFinite),
  );
  const corners = [
    ...there.map((k) => [px(x[k]!), py(high[k]!)] as const),
    ...there.toReversed().map((k) => [px(x[k]!), py(low[k]!)] as const),
  ];
  return corners.length === 0
    ? ""
    : `M${corners.map(([a, b]) => `${round(a)} ${round(b)}`).join("L")}Z`;
}

function pointsOf({ x, y }: Series, [px, py]: Places): readonly (readonly [number, number])[] {
  return Array.from(x, (value, k) => [round(px(value)), round(py(y[k]!))] as const).filter(
    ([a, b]) => Number.isFinite(a) && Number.isFinite(b),
  );
}

/** Bars of several series stand beside each other, as wide together as the narrowest gap. */
function boxesOf({ x, y }: Series, index: number, count: number, [px, py]: Places): readonly Box[] {
  const places = Array.from(x, px);
  const sorted = places.toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((value, k) => value - sorted[k]!);
  const slot = Math.min(30, ...gaps.filter((gap) => gap > 0.5)) * 0.8;
  const width = Math.max(1, slot / count);
  const zero = py(0);
  return places.flatMap((place, k) => {
    const top = py(y[k]!);
    return Number.isFinite(top)
      ? [
          {
            x: round(place - slot / 2 + index * width),
            y: round(Math.min(top, zero)),
            width: round(width),
            height: round(Math.abs(zero - top)),
          },
        ]
      : [];
  });
}
