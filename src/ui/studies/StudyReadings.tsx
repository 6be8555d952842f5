/** What a whole study says: scorecard, calibration and triage, risk of a flip, explanations of wrong answers. */
import { useMemo, useRef, useState } from "react";
import type { Lead } from "../../experiment/instruments/instrumentResult.ts";
import { studyReadings } from "../../study/readings/readings.ts";
import type { Row } from "../../study/rowColumns.ts";
import { InstrumentFindings } from "../instruments/InstrumentFindings.tsx";
import styles from "./studies.module.css";

interface ReadingsProps {
  readonly rows: readonly Row[];
  /** Ids of the measures that have a table here. */
  readonly measures: readonly string[];
  readonly onMeasure: (measure: string) => void;
}

export function StudyReadings(props: ReadingsProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={styles.readings} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        What the whole study says: scorecard, triage, risk of a flip, explanations, honesty of a
        defense
      </summary>
      {isOpen && <Readings {...props} />}
    </details>
  );
}

/** Made when asked for: a study that is running would make them anew with every row. */
function Readings({ rows, measures, onMeasure }: ReadingsProps) {
  const readings = useMemo(() => studyReadings(rows), [rows]);
  const cards = useRef<HTMLDivElement>(null);
  const follow = ({ kind, id }: Lead) => {
    if (kind === "measure") return measures.includes(id) ? () => onMeasure(id) : undefined;
    return () => cards.current?.querySelector(`[data-reading="${id}"]`)?.scrollIntoView();
  };
  return (
    <div className={styles.cards} ref={cards}>
      {readings.map(({ id, title, help, source, result }) => (
        <section key={id} aria-label={title} data-reading={id}>
          <h3>{title}</h3>
          <p title={source}>{help}</p>
          <InstrumentFindings id={`study-${id}`} result={result} follow={follow} />
        </section>
      ))}
    </div>
  );
}
