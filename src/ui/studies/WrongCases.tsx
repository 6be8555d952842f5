/** Right and wrong by question, and each case that the model gets wrong, one press from the bench. */
import { useMemo } from "react";
import { confusionOf } from "../../study/confusion.ts";
import type { Row } from "../../study/rowColumns.ts";
import { Button } from "../kit/Button.tsx";
import styles from "./studies.module.css";
import { useShowRow } from "./useShowRow.ts";

/** More than anybody opens one by one; the table of rows has them all. */
const MOST_LISTED = 12;

export function WrongCases(props: { readonly rows: readonly Row[]; readonly onShown: () => void }) {
  const { rows, onShown } = props;
  const show = useShowRow(onShown);
  const confusion = useMemo(() => confusionOf(rows), [rows]);
  if (confusion.length === 0) return null;
  return (
    <section aria-label="Cases that the model gets wrong">
      <div className={styles.scroll}>
        <table className={styles.table} data-testid="wrong-cases">
          <caption>
            <span>Right and wrong by question. Press a case to put it on the bench.</span>
          </caption>
          <thead>
            <tr>
              <th scope="col">Question</th>
              <th scope="col">Right</th>
              <th scope="col">Missed (there, said no)</th>
              <th scope="col">False alarm (not there, said yes)</th>
            </tr>
          </thead>
          <tbody>
            {confusion.map(({ asked, right, missed, falseAlarms, total }) => (
              <tr key={asked}>
                <th scope="row">{asked}</th>
                <td>
                  {right} of {total}
                </td>
                <td className={styles.cases}>
                  <Cases rows={missed} onOpen={show} />
                </td>
                <td className={styles.cases}>
                  <Cases rows={falseAlarms} onOpen={show} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Cases({ rows, onOpen }: { readonly rows: readonly Row[]; onOpen(row: Row): void }) {
  if (rows.length === 0) return <>none</>;
  return (
    <>
      {rows.length}:{" "}
      {rows.slice(0, MOST_LISTED).map((row, index) => (
        <span key={index}>
          <Button
            look="inline"
            aria-label={`Open ${shortName(row)}: ${String(row.asked)}`}
            onClick={() => onOpen(row)}
          >
            {shortName(row)}
          </Button>{" "}
        </span>
      ))}
      {rows.length > MOST_LISTED && "and more in the table of rows"}
    </>
  );
}

/** Of a hash only its start: the column is narrow. */
function shortName({ case: of }: Row): string {
  return String(of).replace(/^(file \w{8})\w+/, "$1");
}
