/** Two systems side by side on the case of the bench, and where they part. */
import { useEffect, useState } from "react";
import { toErrorData } from "../../errors/labError.ts";
import type { LabErrorData } from "../../errors/labError.ts";
import { compareSystems } from "../../experiment/compareSystems.ts";
import type { StageResults } from "../../experiment/results.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import { withSystem } from "../../experiment/systemChange.ts";
import type { SystemChange } from "../../experiment/systemChange.ts";
import { useExperiment, useResultValues, useStores, useView } from "../context/stores.ts";
import { WorkDialog } from "../context/WorkDialog.tsx";
import { Button } from "../kit/Button.tsx";
import { currentNumbers } from "../share/currentRun.ts";
import { currentRecord } from "../share/currentRecord.ts";
import { ComparisonTable } from "./ComparisonTable.tsx";
import { SystemChoice } from "./SystemChoice.tsx";
import { startSecondSystem } from "./secondSystem.ts";
import { systemName } from "./systemName.ts";
import styles from "./compare.module.css";

export function CompareDialog() {
  return (
    <WorkDialog
      door="compare"
      size="min(960px, 96vw)"
      label="Compare two systems"
      closeLabel="Close the comparison"
      className={styles.dialog}
    >
      {() => <Comparison />}
    </WorkDialog>
  );
}

/** A second system that differs from the bench's: its model, trained against attacks, or the plain one beside that. */
function firstChoice({ model }: ExperimentSpec): SystemChange {
  return { model: model.id === "robust" ? "base" : "robust", precision: "int8", defenses: "same" };
}

function Comparison() {
  const { view } = useStores();
  const spec = useExperiment((s) => s.spec);
  const chosen = useView((s) => s.comparedWith) ?? firstChoice(spec);
  const set = (part: Partial<SystemChange>) =>
    view.getState().set({ comparedWith: { ...chosen, ...part } });
  return (
    <>
      <p className={styles.lead}>
        The experiment on the bench, asked of a second system beside it. Each is attacked by itself,
        so that their disturbed pictures differ where an attack is on; noise and paint are the same.
        A link carries the choice.
      </p>
      <SystemChoice chosen={chosen} onChange={set} />
      <Compared spec={spec} change={chosen} key={JSON.stringify([spec, chosen])} />
    </>
  );
}

type Second =
  | { readonly phase: "idle" }
  | { readonly phase: "running"; readonly label: string }
  | { readonly phase: "failed"; readonly error: LabErrorData }
  | { readonly phase: "done"; readonly results: Partial<StageResults> };

function Compared(props: { readonly spec: ExperimentSpec; readonly change: SystemChange }) {
  const { spec, change } = props;
  const stores = useStores();
  const numbers = useResultValues(currentNumbers);
  const [first, setFirst] = useState<Partial<StageResults> | null>(null);
  const [second, setSecond] = useState<Second>({ phase: "idle" });
  const [run, setRun] = useState(0);
  useEffect(() => {
    let isOver = false;
    if (numbers) {
      void currentRecord(stores).then((record) => {
        if (!isOver && record?.spec === spec) setFirst(record.results);
      });
    }
    return () => {
      isOver = true;
    };
  }, [numbers, spec, stores]);
  useEffect(() => {
    if (run === 0) return;
    let isOver = false;
    const { radiographs } = stores.cases.getState();
    // Only the film it is about: each engine holds a copy of what it is given.
    const film = spec.case.kind === "file" ? radiographs[spec.case.sha256] : undefined;
    const system = startSecondSystem(stores.engine, film ? [film] : []);
    const say = (next: Second) => {
      if (!isOver) setSecond(next);
    };
    say({ phase: "running", label: "starting" });
    Promise.resolve()
      // Measurements are not compared, and some take minutes.
      .then(() =>
        system.run(
          { ...withSystem(spec, change), instruments: [] },
          {
            // Once there is something to compare, that stays on screen.
            onProgress: (label) =>
              setSecond((now) =>
                now.phase === "running" && !isOver ? { phase: "running", label } : now,
              ),
            onResults: (results) => say({ phase: "done", results }),
          },
        ),
      )
      .catch((error: unknown) => say({ phase: "failed", error: toErrorData(error) }))
      .finally(() => system.end());
    return () => {
      isOver = true;
      system.end();
    };
  }, [run, spec, change, stores]);
  if (second.phase === "idle") {
    return (
      <Button look="outlined" onClick={() => setRun(run + 1)}>
        Ask the second system
      </Button>
    );
  }
  if (second.phase === "running") {
    return (
      <p role="status" className={styles.lead}>
        The second system is at work: {second.label}{" "}
        <Button
          onClick={() => {
            setRun(0);
            setSecond({ phase: "idle" });
          }}
        >
          Cancel
        </Button>
      </p>
    );
  }
  if (second.phase === "failed") {
    return (
      <p role="alert">
        {second.error.message} {second.error.hint}
      </p>
    );
  }
  if (!first) return <p role="status">Waiting for the bench’s own run.</p>;
  return (
    <ComparisonTable
      comparison={compareSystems(first, second.results)}
      a={systemName(
        { model: spec.model.id, precision: spec.model.precision, defenses: "same" },
        spec,
      )}
      b={systemName(change, spec)}
      pictures={[first, second.results]}
    />
  );
}
