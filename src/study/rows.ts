/** Rows out of planned runs and their outcomes, and the columns of a study's table. */
import type { RunOutcome } from "./measureRun.ts";
import { MEASURES, measure } from "./measures.ts";
import type { PlannedRun } from "./plan.ts";
import { FIXED_COLUMNS } from "./rowColumns.ts";
import type { Cell, ColumnType, FixedColumn, Row } from "./rowColumns.ts";
import { measuresOf } from "./schema.ts";
import type { Study } from "./schema.ts";
import { levelsOf } from "./axes.ts";
import { completeBase } from "./baseExperiment.ts";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** Every column of a study's rows in order: what names the run, the axes, the measures, the rest. */
export function columnsOf(study: Study): readonly Column[] {
  const fixed = (names: readonly FixedColumn[]) =>
    names.map((name): Column => ({ name, type: FIXED_COLUMNS[name].type }));
  const base = completeBase(study.base);
  const axes = study.axes.map((axis): Column => {
    if (axis.kind !== "field" && axis.kind !== "levels") return { name: axis.name, type: "text" };
    const labels = levelsOf(axis, base).map(({ label }) => typeof label);
    const first = labels[0]!;
    const alike = labels.every((type) => type === first);
    const type = !alike
      ? "text"
      : first === "number"
        ? "number"
        : first === "boolean"
          ? "flag"
          : "text";
    return { name: axis.name, type };
  });
  const measures = Object.entries(MEASURES).map(([name, { type }]): Column => ({ name, type }));
  const instruments = measuresOf(study)
    .filter((id) => !Object.hasOwn(MEASURES, id))
    .map((id): Column => ({ name: id, type: measure(id).type }));
  return [
    ...fixed(["key", "case", "repeat"]),
    ...axes,
    ...fixed(["model", "precision", "modelSha256", "graphs", "backend", "asked"]),
    ...measures,
    ...instruments,
    ...fixed(["errorCode", "error", "elapsedMs", "spec"]),
  ];
}

/** Who made a row. */
export interface RowOrigin {
  readonly key: string;
  readonly modelSha256: string;
  readonly graphs: string;
  readonly backend: string;
}

export function makeRow(run: PlannedRun, outcome: RunOutcome, origin: RowOrigin): Row {
  const model = (run.spec?.model ?? run.draft["model"] ?? {}) as {
    id?: string;
    precision?: string;
  };
  const { error } = outcome;
  return {
    key: origin.key,
    ...placeOf(run),
    model: model.id ?? null,
    precision: model.precision ?? null,
    modelSha256: origin.modelSha256,
    graphs: origin.graphs,
    backend: origin.backend,
    asked: run.spec?.question ?? String(run.draft["question"] ?? ""),
    ...outcome.cells,
    errorCode: error?.code ?? null,
    error: error ? [error.message, error.hint].filter(Boolean).join(" ") : null,
    elapsedMs: Math.round(outcome.elapsedMs * 10) / 10,
    spec: JSON.stringify(run.spec ?? run.draft),
  };
}

/** Where a run stands in its study: what may differ between two studies that share a row. */
export function placeOf(
  run: PlannedRun,
): Pick<Row, "case" | "repeat"> & Readonly<Record<string, Cell>> {
  return { case: run.caseId, repeat: run.repeat, ...run.levels };
}

/**
 * A row with the study's columns in their order, at the place the run has in this study. Other quantities of its
 * instruments stay behind them: a study may ask for them later.
 */
export function placedRow(row: Row, run: PlannedRun, columns: readonly Column[]): Row {
  const place = placeOf(run) as Readonly<Record<string, Cell>>;
  const cells = columns.map(({ name, type }) => {
    const cell = Object.hasOwn(place, name) ? place[name] : row[name];
    // An axis whose labels are texts and numbers is a column of texts.
    return [
      name,
      cell === undefined || cell === null ? null : type === "text" ? String(cell) : cell,
    ];
  });
  const kept = Object.entries(row).filter(([name]) => name.includes("."));
  return { ...Object.fromEntries(cells), ...without(kept, columns) } as Row;
}

function without(cells: readonly (readonly [string, Cell])[], columns: readonly Column[]) {
  const named = new Set(columns.map(({ name }) => name));
  return Object.fromEntries(cells.filter(([name]) => !named.has(name)));
}
