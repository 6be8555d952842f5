/**
 * What a whole study says that no single run can: one file each. A reading has the shape of an instrument's result, so that the
 * report and the tab show it as they show any measurement.
 */
import type { InstrumentResult } from "../../experiment/instruments/instrumentResult.ts";
import type { Cell, Row } from "../rowColumns.ts";

export interface StudyReading {
  readonly id: string;
  readonly title: string;
  /** What it measures and what that does not mean. */
  readonly help: string;
  readonly source: string;
  readonly result: InstrumentResult;
}

/** A number of a row; undefined where the run has none. */
export function numberOf(row: Row, column: string): number | undefined {
  const cell = row[column];
  return typeof cell === "number" && Number.isFinite(cell) ? cell : undefined;
}

/** A flag of a row, which files may hold as 0 and 1. */
export function flagOf(row: Row, column: string): boolean | undefined {
  const cell: Cell | undefined = row[column];
  return cell === null || cell === undefined || typeof cell === "string"
    ? undefined
    : Boolean(cell);
}

/**
 * The first of each case, or the last. Runs of one case are not independent: what counts answers as draws from a department, or
 * states a guarantee from their number, may count each case once.
 */
export function oneOfEachCase<T extends { readonly case: Cell }>(
  items: readonly T[],
  which: "first" | "last" = "first",
): readonly T[] {
  const found = new Map<Cell, T>();
  for (const item of items) {
    if (which === "last" || !found.has(item.case)) found.set(item.case, item);
  }
  return [...found.values()];
}

/** "a third of" is not exact enough: shares as whole per cents. */
export function perCent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
