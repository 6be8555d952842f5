import { expect, test } from "vitest";
import { csvOf, drawn } from "../plots/drawable.ts";
import type { PlotForm, PlotTheme } from "../plots/toPlotly.ts";
import { drawableOf } from "./instrumentPlot.ts";

const THEME: PlotTheme = {
  inks: { clean: "#0ff", changed: "#f80", neutral: "#999", faint: "#555" },
  text: "#fff",
  grid: "#222",
  panel: "#000",
  font: "sans",
};
const FORM: PlotForm = { width: 300, height: 200, logX: false, logY: false };

const heat = {
  kind: "heat",
  id: "grid",
  title: "Wording by strength",
  rows: ["Is there fluid?", 'Is "it" there?'],
  columns: ["0", "2", "4"],
  values: Float64Array.of(2, 1, -1, 3, NaN, 0.5),
  unit: "logits",
  middle: 0,
} as const;

test("a grid is drawn cell by cell, with a line where neighbours lie on different sides of the middle", () => {
  const spec = drawableOf(heat, "Two of five.");
  const { data, layout } = drawn(spec, THEME, FORM);
  expect(data[0]).toMatchObject({
    type: "heatmap",
    z: [
      [2, 1, -1],
      [3, null, 0.5],
    ],
    zmin: -3,
    zmax: 3,
  });
  // Between 1 and -1 to the right, between -1 and 0.5 below; an empty cell has no side.
  expect(layout.shapes?.map(({ x0, y0, x1, y1 }) => [x0, y0, x1, y1])).toEqual([
    [1.5, -0.5, 1.5, 0.5],
    [1.5, 0.5, 2.5, 0.5],
  ]);
});

test("a grid is exported as the table it is", () => {
  expect(csvOf(drawableOf(heat, ""))).toBe(
    'logits,0,2,4\r\nIs there fluid?,2,1,-1\r\n"Is ""it"" there?",3,,0.5\r\n',
  );
});

test("lines, points, bars and bands of a result are drawn with their units and fit the axes", () => {
  const x = Float64Array.of(0, 1);
  const spec = drawableOf(
    {
      kind: "lines",
      id: "risk",
      title: "Risk",
      x: { label: "Coverage", unit: "" },
      y: { label: "Risk", unit: "share" },
      series: [
        {
          name: "line",
          x,
          y: Float64Array.of(1, 2),
          low: Float64Array.of(0, 1),
          high: Float64Array.of(2, 5),
        },
        { name: "points", x, y: x, mode: "points" },
        { name: "bars", x, y: x, mode: "bars" },
      ],
    },
    "It rises.",
  );
  const { data, layout } = drawn(spec, THEME, FORM);
  expect(data.map(({ type }) => type)).toEqual(["scatter", "scatter", "scatter", "bar"]);
  expect(data[0]).toMatchObject({ fill: "toself", x: [0, 1, 1, 0], y: [2, 5, 1, 0] });
  expect(data[2]).toMatchObject({ mode: "markers" });
  expect(layout.yaxis).toMatchObject({ title: { text: "Risk (share)" } });
  // The band's upper end is inside, and bars stand on zero.
  expect(layout.yaxis?.range?.[0]).toBe(0);
  expect(layout.yaxis?.range?.[1]).toBeGreaterThan(5);
  expect(spec.description).toBe("Risk. It rises.");
});

test("a share that is 0 throughout has an axis that begins at 0", () => {
  const plot = {
    kind: "lines",
    id: "risk",
    title: "Errors",
    x: { label: "Share of cases answered", unit: "" },
    y: { label: "Share wrong among them", unit: "" },
    series: [{ name: "risk", x: Float64Array.of(0.5, 1), y: Float64Array.of(0, 0) }],
  } as const;
  expect(drawableOf(plot, "None.")).toMatchObject({ y: { range: [0, 0.5] } });
});
