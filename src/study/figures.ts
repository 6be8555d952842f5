/** A table of a study as a figure: which axis lies along, which make lines, and what is drawn around an estimate. */
import { measure } from "./measures.ts";
import type { Cell } from "./rowColumns.ts";
import type { Study, StudyAxis } from "./schema.ts";
import type { MeasureTable, TableCell } from "./summarize.ts";

export interface FigureSeries {
  readonly name: string;
  readonly x: readonly (string | number)[];
  readonly y: readonly (number | null)[];
  /** Ends of the intervals; null where there is none. */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  /** "3 of 8", what stands behind each point. */
  readonly support: readonly string[];
}

export interface Figure {
  /**
   * "line": over numbers, with a band; "bar": over names, with whiskers; "heat": two axes, one cell each; "box" and
   * "scatter": a point for each run.
   */
  readonly kind: "line" | "bar" | "heat" | "box" | "scatter";
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Shares are drawn over the whole of 0 to 1. */
  readonly isShare: boolean;
  readonly series: readonly FigureSeries[];
}

/** Null for a table without a number. */
export function figureOf(study: Study, table: MeasureTable): Figure | null {
  if (table.cells.every(({ estimate }) => estimate === null)) return null;
  const { label, unit } = measure(table.measure);
  const isRate = table.kind === "rate";
  const yTitle = isRate ? `${label} (share)` : unit === "" ? label : `${label} (${unit})`;
  const along = alongAxis(study, table.cells);
  const others = study.axes.filter((axis) => axis !== along);
  const groups = new Map<string, TableCell[]>();
  for (const cell of table.cells) {
    const name = others.map(({ name: axis }) => levelText(cell.levels[axis] ?? null)).join(", ");
    groups.set(name, [...(groups.get(name) ?? []), cell]);
  }
  const isNumeric = along !== undefined && isNumbers(along, table.cells);
  // Many names by many names are read as a map, not as a forest of bars.
  const kind = isNumeric ? "line" : groups.size > 4 ? "heat" : "bar";
  return {
    kind,
    title: label,
    xTitle: along ? axisTitle(along) : "",
    yTitle: kind === "heat" ? others.map(axisTitle).join(", ") : yTitle,
    isShare: isRate,
    series: [...groups].map(([name, cells]) => seriesOf(name, cells, along)),
  };
}

export function axisTitle({ label, name }: StudyAxis): string {
  return label ?? name;
}

export function levelText(level: Cell): string {
  return level === null ? "none" : String(level);
}

/** "3 of 8" for a rate, "n 8" for a mean. */
export function supportText({ count, n }: TableCell): string {
  return count === undefined ? `n ${n}` : `${count} of ${n}`;
}

function seriesOf(
  name: string,
  cells: readonly TableCell[],
  along: StudyAxis | undefined,
): FigureSeries {
  const isNumeric = along !== undefined && isNumbers(along, cells);
  const at = ({ levels }: TableCell) => (along ? (levels[along.name] ?? null) : null);
  const sorted = isNumeric ? cells.toSorted((a, b) => Number(at(a)) - Number(at(b))) : cells;
  return {
    name,
    x: sorted.map((cell) => (isNumeric ? Number(at(cell)) : along ? levelText(at(cell)) : "all")),
    y: sorted.map(({ estimate }) => estimate),
    low: sorted.map(({ interval }) => interval?.low ?? null),
    high: sorted.map(({ interval }) => interval?.high ?? null),
    support: sorted.map(supportText),
  };
}

/** The axis with the most numbers lies along; else the one with the most names. */
function alongAxis({ axes }: Study, cells: readonly TableCell[]): StudyAxis | undefined {
  const levels = (axis: StudyAxis) => new Set(cells.map((cell) => cell.levels[axis.name])).size;
  const byLevels = axes.toSorted((a, b) => levels(b) - levels(a));
  return byLevels.find((axis) => isNumbers(axis, cells)) ?? byLevels[0];
}

/** A single number is a name: no line goes through one point, and no axis leads there. */
function isNumbers({ name }: StudyAxis, cells: readonly TableCell[]): boolean {
  const levels = cells.map((cell) => cell.levels[name]);
  return new Set(levels).size > 1 && levels.every((level) => typeof level === "number");
}
