/** A grid of numbers with named rows and columns, apart from what draws it: heatToPlotly.ts draws it, heatCsv exports it. */
export interface HeatSpec {
  /** For the file name of an export and the heading of the enlarged plot. */
  readonly title: string;
  /** What the plot says now, in one sentence with its numbers. */
  readonly description: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Row by row, [rows * columns]; what is not finite stays empty. */
  readonly values: ArrayLike<number>;
  readonly unit: string;
  /** Where the colours are neutral and the boundary between cells runs; absent for a scale from low to high. */
  readonly middle?: number;
}

/** Whether a line runs right of a cell, and below it: its neighbour there lies on the other side of the middle. */
export function sidesOf(
  { rows, columns, values, middle }: HeatSpec,
  row: number,
  column: number,
): { readonly right: boolean; readonly below: boolean } {
  const side = (r: number, c: number) => {
    const value = r < rows.length && c < columns.length ? values[r * columns.length + c]! : NaN;
    return middle !== undefined && Number.isFinite(value) ? value > middle : undefined;
  };
  const own = side(row, column);
  const differs = (other: boolean | undefined) =>
    own !== undefined && other !== undefined && other !== own;
  return { right: differs(side(row, column + 1)), below: differs(side(row + 1, column)) };
}

/** The grid as a table: one row per row of the plot, RFC 4180, empty where there is no number. */
export function heatCsv({ rows, columns, values, unit }: HeatSpec): string {
  const table = rows.map((row, r) => [
    row,
    ...columns.map((_, c) => {
      const value = values[r * columns.length + c]!;
      return Number.isFinite(value) ? String(value) : "";
    }),
  ]);
  return csvText([[unit, ...columns], ...table]);
}

export function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
