/** Every run drawn for itself: how a measure spreads under each level, or one measure against another. */
import { axisTitle, levelText } from "./figures.ts";
import type { Figure, FigureSeries } from "./figures.ts";
import { measure } from "./measures.ts";
import type { MeasureId } from "./measures.ts";
import type { Cell, Row } from "./rowColumns.ts";
import type { Study, StudyAxis } from "./schema.ts";

/** Points that a chart draws at most: the first of the table, and its title says so. */
const MOST_POINTS = 5000;

/** A box for each level of the last axis, one colour for each combination of the others. Null without a number. */
export function boxFigure(study: Study, rows: readonly Row[], id: MeasureId): Figure | null {
  const along = study.axes.at(-1);
  const others = study.axes.slice(0, -1);
  const shown = rows.filter((row) => numberIn(row[id]) !== null).slice(0, MOST_POINTS);
  if (shown.length === 0) return null;
  return {
    kind: "box",
    title: measure(id).label,
    xTitle: along ? axisTitle(along) : "",
    yTitle: titleOf(id),
    isShare: false,
    series: grouped(shown, others).map(([name, own]) =>
      seriesOf(name, own, {
        x: (row) => (along ? levelText(row[along.name] ?? null) : "all"),
        y: (row) => numberIn(row[id]),
      }),
    ),
  };
}

/** Of which a plot has that many; more series would share them, and their legend would leave no room for the plot. */
const MOST_COLORS = 6;

/**
 * A point for each run that has both measures, one colour for each combination of levels; where those are too many, for each
 * level of the first axis that has few, or one for all. Null without a run.
 */
export function scatterFigure(
  study: Study,
  rows: readonly Row[],
  [across, up]: readonly [MeasureId, MeasureId],
): Figure | null {
  const shown = rows
    .filter((row) => numberIn(row[across]) !== null && numberIn(row[up]) !== null)
    .slice(0, MOST_POINTS);
  if (shown.length === 0) return null;
  return {
    kind: "scatter",
    title: `${measure(up).label} against ${measure(across).label.toLowerCase()}`,
    xTitle: titleOf(across),
    yTitle: titleOf(up),
    isShare: false,
    series: coloredBy(shown, study.axes).map(([name, own]) => ({
      ...seriesOf(name, own, {
        x: (row) => numberIn(row[across])!,
        y: (row) => numberIn(row[up]),
      }),
      support: own.map((row) => [String(row.case), ...levelsOf(row, study.axes)].join(", ")),
    })),
  };
}

function seriesOf(
  name: string,
  rows: readonly Row[],
  read: { x(row: Row): string | number; y(row: Row): number | null },
): FigureSeries {
  const none = rows.map(() => null);
  return {
    name,
    x: rows.map((row) => read.x(row)),
    y: rows.map((row) => read.y(row)),
    low: none,
    high: none,
    support: rows.map((row) => String(row.case)),
  };
}

function coloredBy(rows: readonly Row[], axes: readonly StudyAxis[]): [string, Row[]][] {
  const ways = [axes, ...axes.map((axis) => [axis])].map((some) => grouped(rows, some));
  return ways.find(({ length }) => length > 1 && length <= MOST_COLORS) ?? grouped(rows, []);
}

function levelsOf(row: Row, axes: readonly StudyAxis[]): string[] {
  return axes.map((axis) => levelText(row[axis.name] ?? null));
}

function grouped(rows: readonly Row[], axes: readonly StudyAxis[]): [string, Row[]][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = levelsOf(row, axes).join(", ");
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(row);
  }
  return [...groups];
}

function titleOf(id: MeasureId): string {
  const { label, unit } = measure(id);
  return unit === "" ? label : `${label} (${unit})`;
}

function numberIn(cell: Cell | undefined): number | null {
  return typeof cell === "number" ? cell : null;
}
