/** How likely another wording changes the answer, told from one pass: the margin, calibrated on the study's own flips. */
import { obstructed } from "../../experiment/instruments/instrumentResult.ts";
import type { InstrumentResult } from "../../experiment/instruments/instrumentResult.ts";
import { calibration } from "../../metrics/calibration.ts";
import type { Cell, Row } from "../rowColumns.ts";
import { delongAuc } from "../../metrics/auc.ts";
import { logisticFit } from "./logisticFit.ts";
import { numberOf, oneOfEachCase, perCent } from "./reading.ts";
import type { StudyReading } from "./reading.ts";
import { decimal } from "../../numerics/decimalText.ts";

const LEAST = 20;
const BINS = 10;
const CURVE_POINTS = 41;

interface FlipCase {
  readonly case: Cell;
  /** Size of the margin of the wording asked, logits. */
  readonly x: number;
  /** Some other wording got another answer. */
  readonly event: boolean;
}

export function flipRisk(rows: readonly Row[]): StudyReading {
  return {
    id: "flipRisk",
    title: "Risk that another wording changes the answer",
    help: "Learns from the study how the size of the margin of one answer goes with whether any other wording of the question gets another answer, and checks the stated risk on cases it did not learn from. It is a risk on cases like the study's: other films, other questions and attacks have others.",
    source:
      "Logistic regression of any paraphrase flip on |margin| (Platt 1999), cross-fitted in two halves of the cases; expected calibration error (Guo et al. 2017)",
    result: resultOf(rows),
  };
}

function resultOf(rows: readonly Row[]): InstrumentResult {
  const cases = rows.flatMap((row): FlipCase[] => {
    const margin = numberOf(row, "marginClean");
    const rate = numberOf(row, "paraphraseFlipsClean");
    return margin === undefined || rate === undefined
      ? []
      : [{ case: row.case, x: Math.abs(margin), event: rate > 0 }];
  });
  const flips = cases.filter(({ event }) => event).length;
  if (cases.length < LEAST || flips < 2 || flips > cases.length - 2) {
    return obstructed(
      `Not measured: ${cases.length} runs know what other wordings said, ${flips} of them with a flip; ${LEAST} runs with 2 of each kind are needed.`,
    );
  }
  const stated = crossFitted(cases);
  if (!stated) return obstructed("Not measured: one half of the cases has flips or none alone.");
  const { ece, brier, bins } = calibration(
    stated.map(({ risk, event }) => ({ confidence: risk, correct: event })),
    BINS,
  )!;
  const auc = delongAuc(
    cases.filter(({ event }) => event).map(({ x }) => -x),
    cases.filter(({ event }) => !event).map(({ x }) => -x),
  );
  const whole = logisticFit(cases);
  const widest = Math.max(...cases.map(({ x }) => x));
  const x = Float64Array.from(
    { length: CURVE_POINTS },
    (_, k) => (widest * k) / (CURVE_POINTS - 1),
  );
  const filled = bins.filter(({ count }) => count > 0);
  const half = x.find((margin) => whole.probability(margin) < 0.05);
  return {
    statement: `Another wording changed the answer in ${flips} of ${cases.length} runs (${perCent(flips / cases.length)}). ${
      whole.slope < 0
        ? `The risk falls with the margin${half === undefined ? "" : `, to below 5 % from ${decimal(half, 1)} logits on`}.`
        : "A larger margin does not go with a lower risk here."
    } On cases it did not learn from, the stated risk is off by ${perCent(ece)} on average.`,
    quantities: [
      {
        id: "rate",
        label: "Runs in which some wording flips",
        value: flips / cases.length,
        unit: "share",
        n: cases.length,
      },
      {
        id: "ece",
        label: "Calibration error of the stated risk",
        value: ece,
        unit: "share",
        n: cases.length,
      },
      { id: "brier", label: "Brier score (0 is best)", value: brier, unit: "", n: cases.length },
      ...(auc
        ? [
            {
              id: "auc",
              label: "How well a small margin picks out the flips (AUC)",
              value: auc.auc,
              unit: "",
              n: cases.length,
              // DeLong's interval is of independent answers.
              ...(auc.interval && oneOfEachCase(cases).length === cases.length
                ? { interval: { ...auc.interval, level: 0.95 } }
                : {}),
            },
          ]
        : []),
    ],
    plots: [
      {
        kind: "lines",
        id: "risk",
        title: "Risk of a flip by margin",
        x: { label: "Size of the margin", unit: "logits" },
        y: { label: "Risk that some wording flips", unit: "share" },
        series: [{ name: "fitted", x, y: x.map((margin) => whole.probability(margin)) }],
      },
      {
        kind: "lines",
        id: "reliability",
        title: "Stated risk and what happened",
        x: { label: "Stated risk", unit: "share" },
        y: { label: "Runs that flipped", unit: "share" },
        series: [
          {
            name: "measured",
            x: Float64Array.from(filled, ({ confidence }) => confidence),
            y: Float64Array.from(filled, ({ accuracy }) => accuracy),
            mode: "points",
          },
          { name: "perfect", x: Float64Array.of(0, 1), y: Float64Array.of(0, 1) },
        ],
      },
    ],
  };
}

/** Each half's risk by what the other half taught; a case stays whole. Undefined where a half has one kind alone. */
function crossFitted(cases: readonly FlipCase[]) {
  const names = [...new Set(cases.map((each) => each.case))];
  const half = new Map(names.map((name, k) => [name, k % 2]));
  const halves = [0, 1].map((side) => cases.filter((each) => half.get(each.case) === side));
  const kinds = halves.map((members) => new Set(members.map(({ event }) => event)).size);
  if (kinds.some((count) => count < 2)) return undefined;
  const fits = halves.map((members) => logisticFit(members));
  return cases.map((each) => ({
    event: each.event,
    risk: fits[1 - half.get(each.case)!]!.probability(each.x),
  }));
}
