/** Stands in the place of an answer about a picture that is no film the model knows. */
import type { Population } from "../../experiment/results.ts";
import { useExperiment, useStores } from "./stores.ts";
import { Button } from "../kit/Button.tsx";
import styles from "./locked.module.css";

export function Gate({ said: { lead, text } }: { readonly said: Population }) {
  const { cases } = useStores();
  const film = useExperiment(({ spec }) => (spec.case.kind === "file" ? spec.case.sha256 : ""));
  const pass = () => cases.getState().set({ passed: [...cases.getState().passed, film] });
  return (
    <div className={styles.gate} role="status">
      <p data-testid="population">
        <b>{lead}</b> {text}
      </p>
      <Button look="outlined" onClick={pass}>
        Show the answer all the same
      </Button>
    </div>
  );
}
