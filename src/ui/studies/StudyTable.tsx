/** The rows of a study: sorted by any column, filtered by any text, each to be put on the bench. */
import { useMemo, useState } from "react";
import { axisTitle } from "../../study/figures.ts";
import { IS_FAR } from "../../study/measureRun.ts";
import { measure } from "../../study/measures.ts";
import type { Cell, Row } from "../../study/rowColumns.ts";
import { measuresOf } from "../../study/schema.ts";
import type { Study } from "../../study/schema.ts";
import { short } from "../../study/tableText.ts";
import { Button } from "../kit/Button.tsx";
import { useShowRow } from "./useShowRow.ts";
import styles from "./studies.module.css";

/** More rows than anybody reads one by one; the export has them all. */
const MOST_SHOWN = 200;

interface Sorting {
  readonly column: string;
  readonly down: boolean;
}

export function StudyTable(props: {
  readonly study: Study;
  readonly rows: readonly Row[];
  readonly onShown: () => void;
}) {
  const { study, rows, onShown } = props;
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const [filter, setFilter] = useState("");
  const columns = useMemo(() => shownColumns(study), [study]);
  const chosen = useMemo(() => {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row: Row) =>
      words.every((word) =>
        columns.some(({ name }) =>
          cellText(row[name] ?? null)
            .toLowerCase()
            .includes(word),
        ),
      );
    const kept = words.length === 0 ? rows : rows.filter(fits);
    return sorting ? kept.toSorted(byColumn(sorting)) : kept;
  }, [rows, filter, sorting, columns]);
  const show = useShowRow(onShown);
  const isOfFilms = useMemo(() => rows.some(isOfFilm), [rows]);
  return (
    <section aria-label="Rows of the study">
      {isOfFilms && (
        <p className={styles.note}>
          No film is held back here: one unlike all that the model knows is answered like the
          others, and marked. Show it on the bench to be told.
        </p>
      )}
      <label className={styles.filter}>
        Filter <input value={filter} onChange={(event) => setFilter(event.currentTarget.value)} />{" "}
        {rowCount(chosen.length)}
        {chosen.length > MOST_SHOWN && `, the first ${MOST_SHOWN} shown`}
      </label>
      <div className={styles.scroll}>
        <table className={styles.table} data-testid="study-rows">
          <thead>
            <tr>
              {columns.map(({ name, title }) => (
                <th key={name} aria-sort={ariaSort(sorting, name)}>
                  <Button look="inline" onClick={() => setSorting(nextSorting(sorting, name))}>
                    {title}
                  </Button>
                </th>
              ))}
              <th>On the bench</th>
            </tr>
          </thead>
          <tbody>
            {chosen.slice(0, MOST_SHOWN).map((row) => (
              <tr key={`${String(row.key)} ${study.axes.map(({ name }) => row[name]).join(" ")}`}>
                {columns.map(({ name }) => (
                  <td key={name}>
                    {cellText(row[name] ?? null)}
                    {name === "case" && row[IS_FAR] === true && (
                      <p className={styles.note}>unlike the model’s films</p>
                    )}
                  </td>
                ))}
                <td>
                  <Button look="inline" onClick={() => show(row)}>
                    show on the bench
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function shownColumns(study: Study): readonly { readonly name: string; readonly title: string }[] {
  return [
    { name: "case", title: "Case" },
    ...study.axes.map((axis) => ({ name: axis.name, title: axisTitle(axis) })),
    { name: "truth", title: "True answer" },
    { name: "answer", title: "Answer" },
    ...measuresOf(study).map((id) => ({ name: id, title: measure(id).label })),
    { name: "error", title: "Error" },
  ].filter(({ name }, k, all) => all.findIndex((each) => each.name === name) === k);
}

/** A reader's own, whatever the study calls it; a run that failed before its experiment was whole has none. */
function isOfFilm({ case: of, spec }: Row): boolean {
  if (of !== "this") return String(of).startsWith("file ");
  return /"case":\{[^{}]*"kind":"file"/.test(String(spec));
}

function rowCount(count: number): string {
  return count === 1 ? `${count} row` : `${count} rows`;
}

function cellText(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  return typeof cell === "number" ? short(cell) : cell;
}

function nextSorting(sorting: Sorting | null, column: string): Sorting | null {
  if (sorting?.column !== column) return { column, down: false };
  return sorting.down ? null : { column, down: true };
}

function ariaSort(sorting: Sorting | null, column: string) {
  if (sorting?.column !== column) return "none";
  return sorting.down ? "descending" : "ascending";
}

/** Empty cells last, whichever way. */
function byColumn({ column, down }: Sorting) {
  return (a: Row, b: Row): number => {
    const [x, y] = [a[column] ?? null, b[column] ?? null];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    const order =
      typeof x === "string" || typeof y === "string"
        ? String(x).localeCompare(String(y), "en", { numeric: true })
        : Number(x) - Number(y);
    return down ? -order : order;
  };
}
