import { expect, test } from "vitest";
import { figureOf } from "./figures.ts";
import { noCells } from "./measureRun.ts";
import { plotlyFigure } from "./figurePlotly.ts";
import type { Cell, Row } from "./rowColumns.ts";
import { parseStudy } from "./schema.ts";
import { summarize } from "./summarize.ts";
import { cellText } from "./tableText.ts";

const study = (change: Record<string, unknown> = {}) =>
  parseStudy({
    format: "penumbra-study",
    version: 1,
    name: "test",
    base: {},
    cases: [{ kind: "this" }],
    axes: [{ name: "dose", kind: "field", path: "certificate.sigma", values: [0.1, 0.2] }],
    measures: ["correct", "margin", "score", "corrected"],
    ...change,
  });

function row(of: string, dose: number, cells: Record<string, Cell>): Row {
  return {
    ...noCells(),
    case: of,
    repeat: 0,
    dose,
    errorCode: null,
    error: null,
    ...cells,
  } as unknown as Row;
}

const ROWS: Row[] = [
  row("a", 0.1, { correct: true, margin: 1, score: 1, trueFinding: "yes", corrected: "yes" }),
  row("b", 0.1, { correct: true, margin: 2, score: -2, trueFinding: "no", corrected: "no" }),
  row("c", 0.1, { correct: false, margin: 3, score: 2, trueFinding: "yes", corrected: "yes" }),
  row("d", 0.1, { correct: true, margin: 4, score: 1.5, trueFinding: "no", corrected: "yes" }),
  row("a", 0.2, { correct: false, margin: -1, score: 0, trueFinding: "yes", corrected: "no" }),
  row("b", 0.2, { correct: false, margin: 0, score: 0, trueFinding: "no", corrected: "no" }),
  row("c", 0.2, { correct: null, margin: 1, corrected: "yes" }),
  row("d", 0.2, { errorCode: "model-not-found", error: 'There is no model "x".' }),
];

test("each cell has its own denominator, and a failed run is in none", () => {
  const { tables, failures, rows, cases } = summarize(study(), ROWS);
  expect([rows, cases]).toEqual([8, 4]);
  expect(failures).toEqual([
    { code: "model-not-found", message: 'There is no model "x".', count: 1 },
  ]);
  const [correct, margin] = tables;
  expect(
    correct!.cells.map(({ count, n, runs, failed, estimate }) => [
      count,
      n,
      runs,
      failed,
      estimate,
    ]),
  ).toEqual([
    [3, 4, 4, 0, 0.75],
    [0, 2, 4, 1, 0],
  ]);
  // statsmodels proportion_confint(3, 4, method="wilson")
  expect(correct!.cells[0]!.interval!.low).toBeCloseTo(0.3006, 4);
  expect(correct!.cells[0]!.interval!.high).toBeCloseTo(0.9544, 4);
  expect(margin!.cells.map(({ estimate, n }) => [estimate, n])).toEqual([
    [2.5, 4],
    [0, 3],
  ]);
});

test("levels are compared over the cases that have both", () => {
  const { tables, changed } = summarize(study(), ROWS);
  const [comparison] = tables[0]!.comparisons;
  // a and b: right at 0.1, wrong at 0.2. p = 2 * (1/2)^2.
  expect(comparison).toMatchObject({
    axis: "dose",
    reference: 0.1,
    level: 0.2,
    pairs: 2,
    difference: -1,
    mcnemar: { onlyReference: 2, onlyLevel: 0, p: 0.5, holm: 0.5 },
  });
  expect(tables[1]!.comparisons[0]).toMatchObject({ pairs: 3, difference: -2 });
  expect(tables[1]!.comparisons[0]).not.toHaveProperty("mcnemar");
  // a says another thing, b and c the same; d failed.
  expect(changed[0]!.rows[0]).toMatchObject({ count: 1, pairs: 3 });
});

test("AUC ranks what the score says by what is true", () => {
  const { aucs } = summarize(study(), ROWS);
  // 1 and 2 against -2 and 1.5: three of four pairs in order.
  expect(aucs[0]!.cells[0]!.auc).toMatchObject({ auc: 0.75, positives: 2, negatives: 2 });
  expect(aucs[0]!.cells[1]!.auc).toBeNull();
});

test("repeats of one case do not narrow an interval", () => {
  const four = ROWS.slice(0, 4);
  const once = summarize(study(), four).tables[0]!.cells[0]!;
  const thrice = summarize(
    study({ repeats: 3 }),
    [0, 1, 2].flatMap((repeat) => four.map((each): Row => ({ ...each, repeat }))),
  ).tables[0]!.cells[0]!;
  expect([once.cases, once.n, thrice.cases, thrice.n]).toEqual([4, 4, 4, 12]);
  const width = ({ interval }: typeof once) => interval!.high - interval!.low;
  expect(width(thrice)).toBeGreaterThan(0.9 * width(once));
});

test("a cell without runs stays empty, in words and in the plot", () => {
  const [table] = summarize(study({ measures: ["attackSuccess", "correct"] }), ROWS).tables;
  expect(table!.cells.map(cellText)).toEqual(["", ""]);
  expect(figureOf(study(), table!)).toBeNull();
});

test("a single number is a name: its bar needs no axis that leads there", () => {
  const first = ROWS.filter(({ dose }) => dose === ROWS[0]!["dose"]);
  const figure = figureOf(study(), summarize(study(), first).tables[0]!)!;
  expect(figure).toMatchObject({ kind: "bar", xTitle: "dose" });
  expect(figure.series[0]!.x).toEqual([String(ROWS[0]!["dose"])]);
});

test("numbers lie along a line with its band; names stand as bars; many names make a map", () => {
  const [table] = summarize(study(), ROWS).tables;
  const figure = figureOf(study(), table!)!;
  expect(figure).toMatchObject({ kind: "line", xTitle: "dose", yTitle: "Right (share)" });
  expect(figure.series[0]).toMatchObject({
    x: [0.1, 0.2],
    y: [0.75, 0],
    support: ["3 of 4", "0 of 2"],
  });
  const theme = { colors: ["red"], text: "black", grid: "grey", font: "serif" };
  const [band, line] = plotlyFigure(figure, theme).data as { x: number[]; y: number[] }[];
  expect(band!.x).toEqual([0.1, 0.2, 0.2, 0.1]);
  expect(band!.y[0]).toBe(table!.cells[0]!.interval!.high);
  expect(band!.y[3]).toBe(table!.cells[0]!.interval!.low);
  expect(line!.y).toEqual([0.75, 0]);

  const named = study({
    axes: [
      {
        name: "way",
        kind: "levels",
        levels: [
          { label: "x", set: {} },
          { label: "y", set: {} },
        ],
      },
      {
        name: "dose",
        kind: "levels",
        levels: "pqrst".split("").map((label) => ({ label, set: {} })),
      },
    ],
  });
  const cells = ["x", "y"].flatMap((way) =>
    "pqrst".split("").map((dose): Row => ({ ...ROWS[0]!, way, dose })),
  );
  const kindOf = (rows: Row[]) => figureOf(named, summarize(named, rows).tables[0]!)!.kind;
  expect(kindOf(cells)).toBe("bar");
});
