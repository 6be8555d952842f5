/** Rows by their combination of levels, and a measure's values by case. */
import type { MeasureId } from "./measures.ts";
import type { Cell, Row } from "./rowColumns.ts";

/** The runs of one combination of levels. */
export interface Combination {
  readonly levels: Readonly<Record<string, Cell>>;
  readonly rows: readonly Row[];
}

/** A measure's values by case, true as 1; runs in which it is not defined are left out. */
export function valuesByCase(rows: readonly Row[], id: MeasureId): ReadonlyMap<Cell, number[]> {
  const byCase = new Map<Cell, number[]>();
  for (const row of rows) {
    const cell = row[id];
    if (cell === null || cell === undefined || typeof cell === "string") continue;
    const values = byCase.get(row.case) ?? [];
    byCase.set(row.case, values);
    values.push(Number(cell));
  }
  return byCase;
}
