// Every run as a point or in a box, and what plotly is told to draw.
import { expect, test } from "vitest";
import { plotlyFigure } from "./figurePlotly.ts";
import type { Figure } from "./figures.ts";
import type { Row } from "./rowColumns.ts";
import { boxFigure, scatterFigure } from "./rowFigures.ts";
import type { Study } from "./schema.ts";

const study = {
  axes: [
    { kind: "model", name: "system", label: "Model", models: [{ id: "base" }, { id: "robust" }] },
    { kind: "field", name: "dose", path: "stack[0].params.severity", values: [0, 5] },
  ],
} as unknown as Study;
const row = (system: string, dose: number, cells: object) =>
  ({ case: "phantom 1", system, dose, ...cells }) as unknown as Row;
const rows = [
  row("base", 0, { l2: 0, margin: 3 }),
  row("base", 5, { l2: 9, margin: 1 }),
  row("robust", 5, { l2: 8, margin: 2 }),
  row("robust", 0, { l2: null, margin: 4 }),
];
const theme = { colors: ["red", "blue"], text: "", grid: "", font: "" };

test("boxes stand along the last axis, one colour for each model; a run without the number is in none", () => {
  const figure = boxFigure(study, rows, "l2")!;
  expect(figure).toMatchObject({ kind: "box", xTitle: "dose", yTitle: "Change (l2)" });
  expect(figure.series.map(({ name, x, y }) => [name, x, y])).toEqual([
    ["base", ["0", "5"], [0, 9]],
    ["robust", ["5"], [8]],
  ]);
  const { data, layout } = plotlyFigure(figure, theme);
  expect(data).toMatchObject([
    { type: "box", boxpoints: "all", y: [0, 9] },
    { type: "box", y: [8] },
  ]);
  expect(layout).toMatchObject({ boxmode: "group", xaxis: { type: "category" } });
});

test("points have both numbers, and both axes are numbers", () => {
  const figure = scatterFigure(study, rows, ["l2", "margin"])!;
  expect(figure.series.map(({ name, x, y }) => [name, x, y])).toEqual([
    ["base, 0", [0], [3]],
    ["base, 5", [9], [1]],
    ["robust, 5", [8], [2]],
  ]);
  const { data, layout } = plotlyFigure(figure, theme);
  expect(data).toMatchObject([{ type: "scatter", mode: "markers", x: [0], y: [3] }, {}, {}]);
  expect((layout as { xaxis: object }).xaxis).not.toHaveProperty("type");
});

test("intervals on bars have the ink of the theme, not one that a dark panel hides", () => {
  const series = { name: "", x: ["a"], y: [0.5], low: [0.1], high: [0.9], support: ["1 of 2"] };
  const bars = { kind: "bar", title: "", xTitle: "", yTitle: "", isShare: true, series: [series] };
  const { data } = plotlyFigure(bars as Figure, { ...theme, text: "ink" });
  expect(data).toMatchObject([{ type: "bar", error_y: { color: "ink", array: [0.4] } }]);
});

test("where combinations outnumber the colours, points are told by the first axis with few levels, and say the rest", () => {
  const many = ["base", "robust"].flatMap((system) =>
    Array.from({ length: 7 }, (_, dose) => row(system, dose, { l2: dose, margin: 1 })),
  );
  const figure = scatterFigure(study, many, ["l2", "margin"])!;
  expect(figure.series.map(({ name, x }) => [name, x.length])).toEqual([
    ["base", 7],
    ["robust", 7],
  ]);
  expect(figure.series[1]!.support[6]).toBe("phantom 1, robust, 6");
  const one = { axes: study.axes.slice(1) } as unknown as Study;
  expect(scatterFigure(one, many, ["l2", "margin"])!.series).toHaveLength(1);
});

test("without a number there is no figure", () => {
  expect(boxFigure(study, rows, "ssim")).toBeNull();
  expect(scatterFigure(study, rows, ["l2", "ssim"])).toBeNull();
});

test("a heat map writes in its cells what they have room for, and has every number under a finger", () => {
  const row = { name: "effusion", x: ["1", "2", "3"], y: [0.25, 0.5, null], low: [], high: [] };
  const series = [{ ...row, support: ["3 of 12", "6 of 12", ""] }];
  const map = { kind: "heat", title: "", xTitle: "", yTitle: "", isShare: true, series };
  const drawn = (width?: number) =>
    plotlyFigure(map as unknown as Figure, { ...theme, ...(width ? { width } : {}) }).data[0];
  const whole = { texttemplate: "%{text}", text: [["0.25 (3 of 12)", "0.50 (6 of 12)", ""]] };
  expect(drawn()).toMatchObject(whole);
  expect(drawn(1000)).toMatchObject(whole);
  expect(drawn(340)).toMatchObject({ texttemplate: "%{z:.2g}", text: whole.text });
  expect(drawn(240)).toMatchObject({ texttemplate: "", text: whole.text });
  expect(drawn(240)).toMatchObject({ hovertemplate: "%{y}, %{x}: %{text}<extra></extra>" });
});
