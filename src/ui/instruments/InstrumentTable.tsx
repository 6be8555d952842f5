/** A table of an instrument's result, whose rows may open an experiment or lead to another table. */
import { applyChange } from "../../experiment/instruments/applyChange.ts";
import type {
  ExperimentChange,
  Lead,
  ResultTable,
} from "../../experiment/instruments/instrumentResult.ts";
import { useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { percent } from "../kit/formats.ts";
import { Sideways } from "./Sideways.tsx";
import { figure } from "./figure.ts";
import styles from "./instruments.module.css";

/** Text of more characters gets room, so that a row is no tower of single words. */
const LONG = 20;

export function InstrumentTable(props: {
  readonly table: ResultTable;
  readonly follow?: (lead: Lead) => (() => void) | undefined;
}) {
  const { table, follow } = props;
  const { title, columns, rows, opens, leads, percent: shares = [] } = table;
  /** What the last cell of a row leads to. */
  const leadOf = (r: number, c: number) => {
    const lead = c === columns.length - 1 ? leads?.[r] : undefined;
    return lead ? follow?.(lead) : undefined;
  };
  const { experiment } = useStores();
  const show = (change: ExperimentChange) =>
    experiment.getState().edit((spec) => applyChange(spec, change));
  // Words are never broken: a table that is wider than its card is moved sideways, its first column staying.
  return (
    <Sideways label={title}>
      <table className={styles.table}>
        <caption>{title}</caption>
        <thead>
          <tr>
            {columns.map((column, c) => (
              <th key={c} scope="col">
                {column}
              </th>
            ))}
            {opens && <th scope="col">Open</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={r}>
              {row.map((cell, c) => (
                <td
                  key={c}
                  data-number={typeof cell === "number"}
                  data-long={typeof cell === "string" && c > 0 && cell.length > LONG}
                >
                  {typeof cell === "number" && shares.includes(c) ? (
                    percent(cell / 100)
                  ) : (
                    <CellOf cell={cell} onFollow={leadOf(r, c)} />
                  )}
                </td>
              ))}
              {opens && (
                <td>{opens[r] && <ShowButton row={row} onShow={() => show(opens[r]!)} />}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  );
}

function CellOf(props: {
  readonly cell: string | number | null;
  readonly onFollow: (() => void) | undefined;
}) {
  const { cell, onFollow } = props;
  if (typeof cell === "number") return figure(cell);
  if (cell === null) return "–";
  return onFollow ? (
    <Button look="inline" onClick={onFollow}>
      {cell}
    </Button>
  ) : (
    cell
  );
}

/** Makes the row the open experiment; undo brings the one before back. */
function ShowButton(props: {
  readonly row: readonly (string | number | null)[];
  readonly onShow: () => void;
}) {
  const { row, onShow } = props;
  return (
    <Button aria-label={`Show: ${row[0]} ${row[1] ?? ""}`} onClick={onShow}>
      Show
    </Button>
  );
}
