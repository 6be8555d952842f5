import { expect, test } from "vitest";
import { decades, ticks } from "../../numerics/ticks.ts";
import type { PlotSpec, Series } from "./plotSpec.ts";
import { smallPlot } from "./plotPaths.ts";

const SIZE = { width: 154, height: 128, logX: false, logY: false };

function plotOf(series: Partial<Series>, change: Partial<PlotSpec> = {}): PlotSpec {
  return {
    title: "A plot",
    description: "A plot.",
    series: [{ name: "line", x: [0, 1, 2], y: [0, NaN, 10], ink: "clean", ...series }],
    x: { title: "x", range: [0, 2] },
    y: { title: "y", range: [0, 10] },
    ...change,
  };
}

// The box is 44 to 144 across and 108 up to 8.
test("values stand where the axes say, and what is no number breaks a line", () => {
  const { box, series } = smallPlot(plotOf({ y: [0, 5, 10] }), SIZE);
  expect(box).toEqual({ left: 44, right: 144, top: 8, bottom: 108 });
  expect(series[0]!.line).toBe("M44 108L94 58L144 8");
  expect(smallPlot(plotOf({}), SIZE).series[0]!.line).toBe("M44 108M144 8");
});

test("ticks are round numbers inside the axes", () => {
  const { x, y } = smallPlot(plotOf({}), SIZE);
  expect(x.map(({ label }) => label)).toEqual(["0", "1", "2"]);
  expect(y.map(({ label, at }) => [label, at])).toEqual([
    ["0", 108],
    ["5", 58],
    ["10", 8],
  ]);
  expect(ticks(-1, 1)).toEqual([-1, -0.5, 0, 0.5, 1]);
  expect(decades(0.02, 300)).toEqual([0.1, 1, 10, 100]);
});

test("a logarithmic axis has decades, and leaves out what has no logarithm", () => {
  const spec = plotOf({ x: [0, 1, 100], y: [1, 5, 10] });
  const { x, series } = smallPlot(spec, { ...SIZE, logX: true });
  expect(x.map(({ label, at }) => [label, at])).toEqual([
    ["1", 44],
    ["10", 94],
    ["100", 144],
  ]);
  expect(series[0]!.line).toBe("M44 58L144 8");
});

test("points are places, bars stand on zero beside each other, a band is one outline", () => {
  const points = smallPlot(plotOf({ width: 0, y: [0, 5, NaN] }), SIZE).series[0]!;
  expect(points).toMatchObject({
    points: [
      [44, 108],
      [94, 58],
    ],
  });
  expect(points.line).toBeUndefined();

  const bars = { x: [0, 1, 2], y: [10, 5, 0], bars: true } as const;
  const two = plotOf(
    {},
    {
      series: [
        { name: "a", ink: "clean", ...bars },
        { name: "b", ink: "changed", ...bars },
      ],
    },
  );
  const [a, b] = smallPlot(two, SIZE).series.map((series) => series.bars!);
  expect(a![0]!.height).toBe(100);
  expect(a![1]!.y + a![1]!.height).toBe(108);
  expect(a![1]!.x + a![1]!.width).toBeCloseTo(b![1]!.x, 5);

  const banded = smallPlot(plotOf({ y: [1, 2, 3], low: [0, 0, 0], high: [10, NaN, 10] }), SIZE);
  expect(banded.series[0]!.band).toBe("M44 8L144 8L144 108L44 108Z");
});

test("a line of one point is seen", () => {
  const one = smallPlot(plotOf({ x: [1], y: [5] }), SIZE).series[0]!;
  expect(one.points).toEqual([[94, 58]]);
});

test("the value nearest to the pointer is read, and none where nothing is drawn", () => {
  const { nearest } = smallPlot(plotOf({ x: [0, 1, 2], y: [0, 2.5, 10] }), SIZE);
  expect(nearest(97, 80)).toEqual({ name: "line", ink: "clean", x: "1", y: "2.5", at: [94, 83] });
  expect(smallPlot(plotOf({ y: [NaN, NaN, NaN] }), SIZE).nearest(97, 80)).toBeUndefined();
});

test("a mark stands at its value with its words where there is room, and a band has its words where they fit", () => {
  const { marks, band } = smallPlot(
    plotOf(
      {},
      {
        marks: [
          { at: 0.5, label: "near", ink: "changed" },
          { at: 1.5, label: "far", ink: "changed" },
        ],
        band: { from: 1, to: 9, label: "nothing is\nproved here" },
      },
    ),
    SIZE,
  );
  expect(marks.map(({ at, isLeft }) => [at, isLeft])).toEqual([
    [69, false],
    [119, true],
  ]);
  // To the edge, and too narrow for words.
  expect(band).toEqual({ from: 94, to: 144, label: [] });
  const wide = smallPlot(
    plotOf({}, { band: { from: 0, to: 2, label: "nothing is\nproved here" } }),
    {
      ...SIZE,
      width: 354,
    },
  );
  expect(wide.band).toEqual({ from: 44, to: 344, label: ["nothing is", "proved here"] });
  const low = { ...SIZE, width: 354, height: 90 };
  expect(smallPlot(plotOf({}, { band: { from: 0, to: 2, label: "words" } }), low).band).toEqual({
    from: 44,
    to: 344,
    label: [],
  });
  // On a logarithmic axis 0 has no place.
  expect(
    smallPlot(plotOf({ x: [1, 10, 100] }, { band: { from: 0, to: 2, label: "" } }), {
      ...SIZE,
      logX: true,
    }).band,
  ).toBeUndefined();
});
