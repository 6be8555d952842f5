/** Before an answer about a film: what of it the model was not given, and the way to give it all. */
import { cutOffOf } from "../../image/filmSquare.ts";
import type { Understood } from "../../language/recognize.ts";
import { setSquare } from "../../state/specEdits.ts";
import { useCases, useExperiment, useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { useModelBox } from "../picture/useModelBox.ts";
import { cutOffWords } from "./cutOffWords.ts";
import styles from "./panels.module.css";

export function CutOffNote({ asked }: { readonly asked: Understood | null }) {
  const { experiment } = useStores();
  const sha256 = useExperiment(({ spec }) =>
    spec.case.kind === "file" ? spec.case.sha256 : undefined,
  );
  const film = useCases((s) => (sha256 === undefined ? undefined : s.radiographs[sha256]));
  const box = useModelBox();
  const said = film && box && cutOffWords(cutOffOf(film, box), asked);
  if (!said?.lead) return null;
  return (
    <p className={styles.note} data-testid="cut-off">
      <b>{said.lead} </b>
      {said.text}{" "}
      <Button
        look="outlined"
        title="With black beside it, so that it is square"
        onClick={() => experiment.getState().edit(setSquare({ kind: "whole" }))}
      >
        Give it the whole film
      </Button>
    </p>
  );
}
