/** Two systems side by side on the case of the bench, and where they part. */
import { useEffect, useState } from "react";
import { compareSystems } from "../../experiment/compareSystems.ts";
import type { StageResults } from "../../experiment/results.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import type { SystemChange } from "../../experiment/systemChange.ts";
import { useExperiment, useResultValues, useStores, useView } from "../context/stores.ts";
import { WorkDialog } from "../context/WorkDialog.tsx";
import { Button } from "../kit/Button.tsx";
import { currentNumbers } from "../share/currentRun.ts";
import { currentRecord } from "../share/currentRecord.ts";
import { ComparisonTable } from "./ComparisonTable.tsx";
import { SystemChoice } from "./SystemChoice.tsx";
import { systemName } from "./systemName.ts";
import { useSecondSystem } from "./useSecondSystem.ts";
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
        Then each is shown the picture that was made for the other. A link carries the choice.
      </p>
      <SystemChoice chosen={chosen} onChange={set} />
      <Compared spec={spec} change={chosen} key={JSON.stringify([spec, chosen])} />
    </>
  );
}

function Compared(props: { readonly spec: ExperimentSpec; readonly change: SystemChange }) {
  const { spec, change } = props;
  const first = useFirst(spec);
  const { second, exchange, ask, cancel } = useSecondSystem(spec, change, first);
  if (second.phase === "idle") {
    return (
      <Button look="outlined" onClick={ask}>
        Ask the second system
      </Button>
    );
  }
  if (second.phase === "running") {
    return (
      <p role="status" className={styles.lead}>
        The second system is at work: {second.label} <Button onClick={cancel}>Cancel</Button>
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
      comparison={compareSystems(first, second.results, exchange)}
      a={systemName(
        { model: spec.model.id, precision: spec.model.precision, defenses: "same" },
        spec,
      )}
      b={systemName(change, spec)}
      pictures={[first, second.results]}
    />
  );
}

/** What the bench's own run says of this experiment; null while it is under way. */
function useFirst(spec: ExperimentSpec): Partial<StageResults> | null {
  const stores = useStores();
  const numbers = useResultValues(currentNumbers);
  const [first, setFirst] = useState<Partial<StageResults> | null>(null);
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
  return first;
}
