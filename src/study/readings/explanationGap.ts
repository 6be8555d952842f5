/** Error-faithfulness gap: whether explanations of wrong answers score differently from those of right ones. */
import { obstructed } from "../../experiment/instruments/instrumentResult.ts";
import type { InstrumentResult, Quantity } from "../../experiment/instruments/instrumentResult.ts";
import { errorFaithfulnessGap } from "../../metrics/errorFaithfulnessGap.ts";
import type { Interval } from "../../numerics/binomial.ts";
import { randomStream } from "../../numerics/random.ts";
import type { Cell, Row } from "../rowColumns.ts";
import { RESAMPLES, quantile } from "../statistics/bootstrap.ts";
import { flagOf, numberOf } from "./reading.ts";
import type { StudyReading } from "./reading.ts";
import { significant } from "../../numerics/decimalText.ts";

/** Which way a more faithful explanation moves each number of the faithfulness instrument. */
const FAITHFUL: Readonly<Record<string, "low" | "high">> = {
  deletion: "low",
  insertion: "high",
  sufficiency: "low",
  necessity: "high",
};
const PREFIX = "faithfulness.";
const SEED = 20_260_102;

interface Scored {
  readonly case: Cell;
  readonly value: number;
  readonly correct: boolean;
}

export function explanationGap(rows: readonly Row[]): StudyReading {
  return {
    id: "explanationGap",
    title: "Explanations of wrong and of right answers",
    help: "Compares how faithful the explanations of wrong answers are with those of right ones, for each number of the faithfulness measurement. A gap is a difference of two groups of cases that may differ in other ways too: it does not say that a poor explanation makes an answer wrong, nor that it gives one away.",
    source:
      "Error-faithfulness gap: mean over wrong answers less mean over right ones; Cohen's d with pooled standard deviation, Hedges' g its small-sample correction (Hedges 1981); percentile bootstrap over cases",
    result: resultOf(rows),
  };
}

function resultOf(rows: readonly Row[]): InstrumentResult {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) =>
    name.startsWith(PREFIX),
  );
  const measured = columns.filter((name) => directionOf(name) !== undefined);
  if (measured.length === 0) {
    return obstructed(
      "Not measured: no run of this study has the faithfulness measurement switched on.",
    );
  }
  const found = measured.map((name) => gapOf(name, rows));
  const clear = found.filter(({ interval }) => interval && interval.low * interval.high > 0);
  const empty = found.filter(({ gap }) => gap === null);
  return {
    statement:
      empty.length === found.length
        ? `Nothing can be said: ${empty[0]!.wrong} wrong and ${empty[0]!.right} right answers have this number, and each group needs two.`
        : clear.length === 0
          ? `No number tells explanations of wrong answers from those of right ones (${found[0]!.wrong} wrong, ${found[0]!.right} right).`
          : clear.map((each) => inWords(each)).join(" "),
    quantities: found.flatMap((each) => quantitiesOf(each)),
  };
}

/** "faithfulness.deletion.mean" is a deletion area. */
function directionOf(column: string): "low" | "high" | undefined {
  const [kind = ""] = column.slice(PREFIX.length).split(".");
  return FAITHFUL[kind];
}

interface Found {
  readonly column: string;
  readonly wrong: number;
  readonly right: number;
  readonly gap: ReturnType<typeof errorFaithfulnessGap>;
  readonly interval: Interval | null;
}

function gapOf(column: string, rows: readonly Row[]): Found {
  const scored = rows.flatMap((row): Scored[] => {
    const value = numberOf(row, column);
    // The instrument explains the answer about the clean picture.
    const correct = flagOf(row, "correctClean");
    return value === undefined || correct === undefined ? [] : [{ case: row.case, value, correct }];
  });
  const of = (isRight: boolean) =>
    scored.filter(({ correct }) => correct === isRight).map(({ value }) => value);
  const [wrong, right] = [of(false), of(true)];
  const gap = errorFaithfulnessGap(wrong, right);
  return {
    column,
    wrong: wrong.length,
    right: right.length,
    gap,
    interval: gap && bootstrapGap(scored),
  };
}

/** Cases are drawn whole; resamples that hold one kind of answer alone say nothing and are drawn again. */
function bootstrapGap(scored: readonly Scored[]): Interval | null {
  const members = new Map<Cell, Scored[]>();
  for (const each of scored) members.set(each.case, [...(members.get(each.case) ?? []), each]);
  const byCase = [...members.values()];
  if (byCase.length < 4) return null;
  const random = randomStream(SEED, "study", "faithfulness gap");
  const gaps = new Float64Array(RESAMPLES);
  for (let b = 0, tries = 0; b < RESAMPLES; tries++) {
    if (tries > 20 * RESAMPLES) return null;
    const sums = [0, 0];
    const counts = [0, 0];
    for (let k = 0; k < byCase.length; k++) {
      for (const { value, correct } of byCase[random.integer(byCase.length)]!) {
        sums[Number(correct)]! += value;
        counts[Number(correct)]!++;
      }
    }
    if (counts[0] === 0 || counts[1] === 0) continue;
    gaps[b++] = sums[0]! / counts[0]! - sums[1]! / counts[1]!;
  }
  gaps.sort();
  return { low: quantile(gaps, 0.025), high: quantile(gaps, 0.975) };
}

function nameOf({ column }: Found): string {
  return column.slice(PREFIX.length).replaceAll(".", " ");
}

/** The sign in words: what is better differs from number to number. */
function inWords(found: Found): string {
  const { gap } = found.gap!;
  const isLess = gap > 0 === (directionOf(found.column) === "low");
  return `Explanations of wrong answers are ${isLess ? "less" : "more"} faithful by ${nameOf(found)} (${gap > 0 ? "higher" : "lower"} by ${significant(Math.abs(gap), 2)}, where ${directionOf(found.column)} is faithful).`;
}

function quantitiesOf(found: Found): readonly Quantity[] {
  const { column, gap, interval, wrong, right } = found;
  const id = column.slice(PREFIX.length);
  const name = nameOf(found);
  const n = wrong + right;
  const note = `${wrong} wrong, ${right} right; ${directionOf(column)} is faithful`;
  if (!gap) {
    return [
      {
        id: `gap.${id}`,
        label: `Gap in ${name}`,
        value: NaN,
        unit: "",
        n,
        note: `${note}: each group needs two`,
      },
    ];
  }
  return [
    {
      id: `gap.${id}`,
      label: `Gap in ${name}, wrong less right`,
      value: gap.gap,
      unit: "",
      n,
      note,
      ...(interval ? { interval: { ...interval, level: 0.95 } } : {}),
    },
    {
      id: `d.${id}`,
      label: `Gap in ${name} as Cohen's d`,
      value: gap.cohenD,
      unit: "pooled sd",
      n,
    },
    {
      id: `g.${id}`,
      label: `Gap in ${name} as Hedges' g`,
      value: gap.hedgesG,
      unit: "pooled sd",
      n,
    },
  ];
}
