/** One line for each way a model may fail, with what this study measured of it, or "not measured". */
import type { InstrumentResult, Lead } from "../../experiment/instruments/instrumentResult.ts";
import type { Interval } from "../../numerics/binomial.ts";
import { mean } from "../../numerics/sums.ts";
import type { Cell, Row } from "../rowColumns.ts";
import { rateInterval } from "../statistics/rateInterval.ts";
import { flagOf, numberOf } from "./reading.ts";
import type { StudyReading } from "./reading.ts";

interface Entry {
  readonly axis: string;
  /** What was measured, with its denominator; undefined where nothing was. */
  readonly found?: { readonly value: number; readonly n: number; readonly interval?: Interval };
  readonly what: string;
  /** The section of the report that holds the whole table, by name and as a link. */
  readonly see: string;
  readonly lead: Lead;
  /** What to switch on to measure it. */
  readonly toMeasure: string;
}

const DISTANCES = ["tokenDistance.further.disturbed", "tokenDistance.further.clean"] as const;

/** @param readings the others of this study, whose numbers it repeats. */
export function scorecard(rows: readonly Row[], readings: readonly StudyReading[]): StudyReading {
  return {
    id: "scorecard",
    title: "Scorecard",
    help: "One line for each way a model may fail and what this study measured of it; what it did not measure says so. No total is made: the lines are different things, and a good one does not make up for a bad one.",
    source:
      "The axes of holistic robustness evaluations of CLIP models (shift, out-of-distribution, calibration, attack), with paraphrase and faithfulness",
    result: resultOf(entriesOf(rows, readings)),
  };
}

function resultOf(entries: readonly Entry[]): InstrumentResult {
  const measured = entries.filter(({ found }) => found !== undefined);
  return {
    statement: `${measured.length} of ${entries.length} lines are measured by this study.`,
    quantities: [],
    tables: [
      {
        id: "axes",
        title: "Shares and means with the number of runs they rest on",
        columns: ["Axis", "What", "Value", "From", "To", "n", "Whole table"],
        rows: entries.map(({ axis, found, what, see, toMeasure }) =>
          found
            ? [
                axis,
                what,
                found.value,
                found.interval?.low ?? null,
                found.interval?.high ?? null,
                found.n,
                see,
              ]
            : [axis, "not measured", null, null, null, 0, toMeasure],
        ),
        leads: entries.map(({ found, lead }) => (found ? lead : null)),
      },
    ],
  };
}

function entriesOf(rows: readonly Row[], readings: readonly StudyReading[]): readonly Entry[] {
  const attacked = rows.filter((row) => flagOf(row, "attackSuccess") !== undefined);
  const shifted = rows.filter(
    (row) => row["attackSuccess"] === null && (numberOf(row, "l2") ?? 0) > 0,
  );
  return [
    {
      axis: "Shift",
      what: "Right answers lost to disturbances without an attack",
      ...shareOf(shifted, "lost"),
      see: "Right answers lost",
      lead: { kind: "measure", id: "lost" },
      toMeasure: "Put a perturbation into the stack, on cases whose truth is known.",
    },
    {
      axis: "Out of distribution",
      what: "Pictures like the training pictures that lie nearer to them (1: further out than all)",
      ...meanOf(rows, DISTANCES),
      see: "tokenDistance.further",
      lead: {
        kind: "measure",
        id:
          DISTANCES.find((id) => rows.some((row) => numberOf(row, id) !== undefined)) ??
          DISTANCES[0],
      },
      toMeasure: "Switch on the measurement of the tokens' distance.",
    },
    {
      axis: "Calibration",
      what: "Calibration error of the stated confidence",
      ...quantityOf(readings, "triage.before", "ece"),
      see: "What a department would see",
      lead: { kind: "reading", id: "triage.before" },
      toMeasure: "Ask about at least 10 cases whose truth is known.",
    },
    {
      axis: "Attack",
      what: "Attacks that succeed",
      ...shareOf(attacked, "attackSuccess"),
      see: "Attack success",
      lead: { kind: "measure", id: "attackSuccess" },
      toMeasure: "Put an attack into the stack, on cases whose truth is known.",
    },
    {
      axis: "Paraphrase",
      what: "Other wordings that disagree",
      ...meanOf(rows, ["paraphraseFlipsClean"]),
      see: "Risk that another wording changes the answer",
      lead: { kind: "reading", id: "flipRisk" },
      toMeasure: "Ask a question that has other wordings.",
    },
    {
      axis: "Faithfulness",
      what: "Deletion area less that of a random order (below 0 is faithful)",
      ...overChance(rows),
      see: "Explanations of wrong and of right answers",
      lead: { kind: "reading", id: "explanationGap" },
      toMeasure: "Switch on the faithfulness measurement.",
    },
  ];
}

type Found = Pick<Entry, "found">;

function shareOf(rows: readonly Row[], column: string): Found {
  const byCase = new Map<Cell, number[]>();
  for (const row of rows) {
    const flag = flagOf(row, column);
    if (flag !== undefined) byCase.set(row.case, [...(byCase.get(row.case) ?? []), Number(flag)]);
  }
  const flags = [...byCase.values()].flat();
  if (flags.length === 0) return {};
  const interval = rateInterval([...byCase.values()]);
  return { found: { value: mean(flags), n: flags.length, ...(interval ? { interval } : {}) } };
}

/** Of the first of these columns that any row has. */
function meanOf(rows: readonly Row[], columns: readonly string[]): Found {
  for (const column of columns) {
    const values = rows.flatMap((row) => numberOf(row, column) ?? []);
    if (values.length > 0) return { found: { value: mean(values), n: values.length } };
  }
  return {};
}

function quantityOf(readings: readonly StudyReading[], reading: string, id: string): Found {
  const { result } = readings.find((each) => each.id === reading) ?? {};
  const quantity = result?.quantities.find((each) => each.id === id);
  return quantity ? { found: { value: quantity.value, n: quantity.n ?? 0 } } : {};
}

const DELETION = "faithfulness.deletion.";
const BY_CHANCE = "faithfulness.deletionByChance.";

/** Averaged over the fillings that a run has. */
function overChance(rows: readonly Row[]): Found {
  const values = rows.flatMap((row) => {
    const own = Object.keys(row).flatMap((name) => {
      if (!name.startsWith(DELETION)) return [];
      const area = numberOf(row, name);
      const chance = numberOf(row, `${BY_CHANCE}${name.slice(DELETION.length)}`);
      return area === undefined || chance === undefined ? [] : [area - chance];
    });
    return own.length === 0 ? [] : [mean(own)];
  });
  return values.length === 0 ? {} : { found: { value: mean(values), n: values.length } };
}
