/** One measure by combination of levels, each with its interval and its denominator. */
import { axisTitle, levelText } from "../../study/figures.ts";
import { measure } from "../../study/measures.ts";
import type { Study } from "../../study/schema.ts";
import type { MeasureTable } from "../../study/summarize.ts";
import { cellText } from "../../study/tableText.ts";
import styles from "./studies.module.css";

export function StudySummaryTable(props: { readonly study: Study; readonly table: MeasureTable }) {
  const { study, table } = props;
  return (
    <div className={styles.scroll}>
      <table className={styles.table} data-testid="study-summary">
        <caption>
          <span>{table.method} An empty cell has no run in which it is defined.</span>
        </caption>
        <thead>
          <tr>
            {study.axes.map((axis) => (
              <th key={axis.name}>{axisTitle(axis)}</th>
            ))}
            <th>{measure(table.measure).label}</th>
          </tr>
        </thead>
        <tbody>
          {table.cells.map((cell) => (
            <tr key={JSON.stringify(cell.levels)}>
              {study.axes.map(({ name }) => (
                <td key={name}>{levelText(cell.levels[name] ?? null)}</td>
              ))}
              <td>{cellText(cell)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
