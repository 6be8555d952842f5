/** What a whole study says: scorecard, calibration and triage, risk of a flip, explanations of wrong answers. */
import { useMemo, useState } from "react";
import { studyReadings } from "../../study/readings/readings.ts";
import type { Row } from "../../study/rowColumns.ts";
import { InstrumentFindings } from "../instruments/InstrumentFindings.tsx";
import styles from "./studies.module.css";

export function StudyReadings(props: { readonly rows: readonly Row[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={styles.readings} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        What the whole study says: scorecard, triage, risk of a flip, explanations, honesty of a
        defense
      </summary>
      {isOpen && <Readings rows={props.rows} />}
    </details>
  );
}

/** Made when asked for: a study that is running would make them anew with every row. */
function Readings({ rows }: { readonly rows: readonly Row[] }) {
  const readings = useMemo(() => studyReadings(rows), [rows]);
  return (
    <div className={styles.cards}>
      {readings.map(({ id, title, help, source, result }) => (
        <section key={id} aria-label={title}>
          <h3>{title}</h3>
          <p title={source}>{help}</p>
          <InstrumentFindings id={`study-${id}`} result={result} />
        </section>
      ))}
    </div>
  );
}
