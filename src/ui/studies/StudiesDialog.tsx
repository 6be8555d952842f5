/** Studies: the experiment on the bench, asked of many pictures or under many settings, as one table. */
import { useEffect, useMemo, useRef, useState } from "react";
import { useStudyState } from "../../state/studyStore.ts";
import { summarize } from "../../study/summarize.ts";
import { useStores, useView } from "../context/stores.ts";
import { Gated } from "../context/Gated.tsx";
import { Dialog } from "../kit/Dialog.tsx";
import { Button } from "../kit/Button.tsx";
import { FolderPicker } from "./FolderPicker.tsx";
import { StudyBuilder } from "./StudyBuilder.tsx";
import { StudyChart } from "./StudyChart.tsx";
import { StudyExports } from "./StudyExports.tsx";
import { StudyReadings } from "./StudyReadings.tsx";
import { StudyTable } from "./StudyTable.tsx";
import { WrongCases } from "./WrongCases.tsx";
import { StudySummaryTable } from "./StudySummaryTable.tsx";
import { studySession } from "./studySession.ts";
import type { StudySession } from "./studySession.ts";
import styles from "./studies.module.css";

export function StudiesDialog() {
  const stores = useStores();
  const isOpen = useView((s) => s.studiesOpen);
  const close = () => stores.view.getState().set({ studiesOpen: false, wishedStudy: null });
  const session = studySession(stores);
  const { study } = useStudyState(session.store);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The button that was pressed is gone with what it began or ended: whoever uses keys goes on from here.
    if (document.activeElement === document.body) place.current?.focus();
  });
  const isWished = useView((s) => s.linkedStudy !== null || s.wishedStudy !== null);
  return (
    <Dialog
      opened={isOpen}
      onClose={close}
      size="min(1240px, 96vw)"
      label="Studies"
      closeLabel="Close studies"
      className={styles.dialog}
    >
      <p className={styles.lead}>
        One experiment, asked of many pictures or under many settings, as one table. It runs in the
        background and lets the bench go first; you may close this.
      </p>
      <div ref={place} tabIndex={-1} className={styles.place}>
        <Gated door="studies">
          {study && !isWished ? (
            <StudyResults session={session} onShown={close} />
          ) : (
            <StudyBuilder session={session} />
          )}
        </Gated>
      </div>
    </Dialog>
  );
}

function StudyResults(props: { readonly session: StudySession; readonly onShown: () => void }) {
  const { session, onShown } = props;
  const { study, rows } = useStudyState(session.store);
  const summary = useMemo(() => (study ? summarize(study, rows) : null), [study, rows]);
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = useRef<HTMLDivElement>(null);
  if (!study || !summary) return null;
  // Films without labels have no right and wrong: what is shown first is what they have.
  const isMeasured = (measure: string) => rows.some((row) => (row[measure] ?? null) !== null);
  const table =
    summary.tables.find(({ measure }) => measure === chosen) ??
    summary.tables.find(({ measure }) => isMeasured(measure)) ??
    summary.tables[0];
  return (
    <>
      <StudyProgress session={session} failures={summary.failures} />
      <WrongCases rows={rows} onShown={onShown} />
      {table && rows.length > 0 && (
        <div className={styles.results} ref={shown}>
          <StudyChart
            study={study}
            tables={summary.tables}
            table={table}
            rows={rows}
            onChoose={(measure) => setChosen(measure)}
          />
          <StudySummaryTable study={study} table={table} />
        </div>
      )}
      {rows.length > 0 && (
        <StudyReadings
          rows={rows}
          measures={summary.tables.map(({ measure }) => measure)}
          onMeasure={(measure) => {
            setChosen(measure);
            shown.current?.scrollIntoView();
          }}
        />
      )}
      {rows.length > 0 && <StudyTable study={study} rows={rows} onShown={onShown} />}
      <StudyExports study={study} rows={rows} />
    </>
  );
}

function StudyProgress(props: {
  readonly session: StudySession;
  readonly failures: readonly { readonly message: string; readonly count: number }[];
}) {
  const { session, failures } = props;
  const { study, rows, phase, total, secondsLeft, error } = useStudyState(session.store);
  if (!study) return null;
  const failed = failures.reduce((sum, { count }) => sum + count, 0);
  const state = {
    idle: "",
    running: secondsLeft === null ? "starting" : `about ${inWords(secondsLeft)} left`,
    pausing: "pausing after this run",
    paused: "paused",
    done: "done",
  }[phase];
  return (
    <section aria-label="Progress of the study" className={styles.progress}>
      <h3>{study.name}</h3>
      <progress value={rows.length} max={total} aria-label="Runs made" />
      <p role="status" data-testid="study-status">
        {rows.length} of {total} runs{state && `, ${state}`}
        {failed > 0 && `, ${failed} failed: ${failures[0]!.message}`}
      </p>
      {error && (
        <p role="alert">
          {error.message} {error.hint}
        </p>
      )}
      {error?.code === "not-open" && <FolderPicker onFilms={() => void session.run(study)} />}
      {(phase === "running" || phase === "pausing") && (
        <Button look="outlined" disabled={phase === "pausing"} onClick={() => session.pause()}>
          Pause
        </Button>
      )}
      {phase === "paused" && (
        <Button look="outlined" onClick={() => void session.run(study)}>
          Go on
        </Button>
      )}
      {(phase === "paused" || phase === "done") && failed > 0 && (
        <Button look="outlined" onClick={() => void session.run(study, "failed")}>
          Try the failed runs again
        </Button>
      )}
      <Button onClick={() => session.close()}>
        {phase === "done" ? "Another study" : "Cancel"}
      </Button>
    </section>
  );
}

function inWords(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
