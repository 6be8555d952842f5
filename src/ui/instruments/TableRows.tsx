/** The rows of an instrument's table, which may open an experiment or lead to another table. */
import { applyChange } from "../../experiment/instruments/applyChange.ts";
import type {
  ExperimentChange,
  Lead,
  ResultTable,
} from "../../experiment/instruments/instrumentResult.ts";
import type { ReactNode } from "react";
import { useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { percent } from "../kit/formats.ts";
import { RowPicture } from "./RowPicture.tsx";
import { figure } from "./figure.ts";
import styles from "./instruments.module.css";

/** Text of more characters gets room, so that a row is no tower of single words. */
const LONG = 20;

export interface TableProps {
  readonly table: ResultTable;
  readonly follow?: (lead: Lead) => (() => void) | undefined;
}

export function TableRows(
  props: TableProps & {
    /** Beside its title. */
    readonly beside?: ReactNode;
    /** After a row was opened as the experiment. */
    readonly onShown?: () => void;
  },
) {
  const { table, follow, beside, onShown } = props;
  const { title, columns, rows, opens, leads, pictures, percent: shares = [] } = table;
  /** What the last cell of a row leads to. */
  const leadOf = (r: number, c: number) => {
    const lead = c === columns.length - 1 ? leads?.[r] : undefined;
    return lead ? follow?.(lead) : undefined;
  };
  const { experiment } = useStores();
  const show = (change: ExperimentChange) => {
    experiment.getState().edit((spec) => applyChange(spec, change));
    onShown?.();
  };
  return (
    <table className={styles.table}>
      <caption>
        {title} {beside}
      </caption>
      <thead>
        <tr>
          {columns.map((column, c) => (
            <th key={c} scope="col">
              <span className={styles.column}>{column}</span>
            </th>
          ))}
          {opens && (
            <th scope="col" className={styles.open}>
              Open
            </th>
          )}
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
                {c === 0 && pictures?.[r] && (
                  <RowPicture picture={pictures[r]} label={`The picture: ${row[0]} ${row[1]}`} />
                )}
              </td>
            ))}
            {opens && (
              <td className={styles.open}>
                {opens[r] && <ShowButton row={row} onShow={() => show(opens[r]!)} />}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function CellOf(props: {
  readonly cell: string | number | null;
  readonly onFollow: (() => void) | undefined;
}) {
  const { cell, onFollow } = props;
  if (typeof cell === "number") return figure(cell);
  if (cell === null) return <>–</>;
  return onFollow ? (
    <Button look="inline" onClick={onFollow}>
      {cell}
    </Button>
  ) : (
    // Bare strings of a component would pass by the door of the languages.
    <>{cell}</>
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
