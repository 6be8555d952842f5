/**
 * The tables of a study: one cell per combination of levels, each with its own denominator and interval. What has no
 * runs stays empty; runs that failed are counted, never left out silently.
 */
import type { Interval } from "../numerics/binomial.ts";
import { mean } from "../numerics/sums.ts";
import { valuesByCase } from "./combinations.ts";
import type { Combination } from "./combinations.ts";
import { changedAnswers, compareLevels } from "./comparisons.ts";
import type { Changed, Comparison } from "./comparisons.ts";
import { measure } from "./measures.ts";
import type { MeasureId } from "./measures.ts";
import type { Cell, Row } from "./rowColumns.ts";
import { measuresOf } from "./schema.ts";
import type { Study } from "./schema.ts";
import { delongAuc } from "../metrics/auc.ts";
import type { Auc } from "../metrics/auc.ts";
import { bootstrapMean } from "./statistics/bootstrap.ts";
import { rateInterval } from "./statistics/rateInterval.ts";

export interface TableCell {
  /** By axis name. */
  readonly levels: Readonly<Record<string, Cell>>;
  /** Runs of this combination, and those of them that failed. */
  readonly runs: number;
  readonly failed: number;
  /** Runs and cases in which the measure is defined: the denominator. */
  readonly n: number;
  readonly cases: number;
  /** For a rate: runs in which it holds. */
  readonly count?: number;
  /** Null of no runs. */
  readonly estimate: number | null;
  /** 95 %; null where nothing can be said. */
  readonly interval: Interval | null;
}

export interface MeasureTable {
  readonly measure: MeasureId;
  readonly kind: "rate" | "mean";
  /** How the intervals were made, as a table's foot says it. */
  readonly method: string;
  readonly cells: readonly TableCell[];
  readonly comparisons: readonly Comparison[];
}

export interface AucTable {
  readonly score: "score" | "scoreClean";
  readonly cells: readonly (Pick<TableCell, "levels"> & { readonly auc: Auc | null })[];
}

export interface StudySummary {
  readonly rows: number;
  readonly cases: number;
  /** What went wrong, by sentence, most frequent first. */
  readonly failures: readonly {
    readonly code: string;
    readonly message: string;
    readonly count: number;
  }[];
  readonly tables: readonly MeasureTable[];
  readonly aucs: readonly AucTable[];
  /** Answers about the finding that are others than under the first level of an axis. */
  readonly changed: readonly { readonly measure: MeasureId; readonly rows: readonly Changed[] }[];
}

const WILSON = "95 % Wilson intervals.";
const BOOTSTRAP = "95 % percentile bootstrap intervals over cases (2,000 resamples, seeded).";
const AGREEING = "Of a rate of 0 or 1, Wilson’s of the cases.";

export function summarize(study: Study, rows: Iterable<Row>): StudySummary {
  const byLevels = new Map<string, { levels: Record<string, Cell>; rows: Row[] }>();
  const failures = new Map<string, { code: string; message: string; count: number }>();
  const cases = new Set<Cell>();
  let total = 0;
  for (const row of rows) {
    total++;
    cases.add(row.case);
    const levels = Object.fromEntries(study.axes.map(({ name }) => [name, row[name] ?? null]));
    const key = JSON.stringify(Object.values(levels));
    const combination = byLevels.get(key) ?? { levels, rows: [] };
    byLevels.set(key, combination);
    combination.rows.push(row);
    if (row.errorCode === null) continue;
    const message = String(row.error);
    const known = failures.get(message) ?? { code: String(row.errorCode), message, count: 0 };
    known.count++;
    failures.set(message, known);
  }
  const combinations = [...byLevels.values()];
  const chosen = measuresOf(study);
  return {
    rows: total,
    cases: cases.size,
    failures: [...failures.values()].sort((a, b) => b.count - a.count),
    tables: chosen
      .filter((id) => measure(id).type !== "text")
      .map((id) => tableOf(study, id, combinations)),
    aucs: (["scoreClean", "score"] as const)
      .filter((score) => chosen.includes(score))
      .map((score) => ({
        score,
        cells: combinations.map(({ levels, rows: own }) => ({ levels, auc: aucOf(own, score) })),
      })),
    changed: (["correctedClean", "corrected"] as const)
      .filter((id) => chosen.includes(id))
      .map((id) => ({ measure: id, rows: changedAnswers(study, id, combinations) })),
  };
}

function tableOf(study: Study, id: MeasureId, combinations: readonly Combination[]): MeasureTable {
  const isRate = measure(id).type === "flag";
  const cells = combinations.map((combination) => cellOf(id, combination));
  // As cellOf decides it.
  const resampled = cells.filter(({ n, cases }) => !isRate || n !== cases).length;
  return {
    measure: id,
    kind: isRate ? "rate" : "mean",
    method:
      resampled === 0
        ? WILSON
        : resampled < cells.length
          ? `${WILSON} Where a case has several runs: ${BOOTSTRAP} ${AGREEING}`
          : isRate
            ? `${BOOTSTRAP} ${AGREEING}`
            : BOOTSTRAP,
    cells,
    comparisons: compareLevels(study, id, combinations),
  };
}

function cellOf(id: MeasureId, { levels, rows }: Combination): TableCell {
  const byCase = valuesByCase(rows, id);
  const values = [...byCase.values()].flat();
  const [n, cases] = [values.length, byCase.size];
  const isRate = measure(id).type === "flag";
  const common = {
    levels,
    runs: rows.length,
    failed: rows.filter(({ errorCode }) => errorCode !== null).length,
    n,
    cases,
  };
  if (n === 0) return { ...common, estimate: null, interval: null };
  const estimate = mean(values);
  if (!isRate) return { ...common, estimate, interval: bootstrapMean([...byCase.values()]) };
  const count = values.filter((value) => value === 1).length;
  return { ...common, count, estimate, interval: rateInterval([...byCase.values()]) };
}

/** Of cases, not of runs: repeats are averaged first. */
function aucOf(rows: readonly Row[], score: MeasureId): Auc | null {
  const groups = { yes: [] as number[], no: [] as number[] };
  const presence = new Map<Cell, "yes" | "no">();
  for (const row of rows) {
    const said = row["trueFinding"];
    if (said === "yes" || said === "no") presence.set(row.case, said);
  }
  for (const [each, values] of valuesByCase(rows, score)) {
    const group = presence.get(each);
    if (group) groups[group].push(mean(values));
  }
  return delongAuc(groups.yes, groups.no);
}
