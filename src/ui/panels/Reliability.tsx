/**
 * What a stated percentage is worth: how often answers like this one were right where the model was measured, or that it never was.
 * On a reader's own film that comes before the percentages; on a phantom, where they mostly hold, after them.
 */
import { useMemo } from "react";
import type { ReactNode } from "react";
import type { AnswerResult } from "../../system/reading.ts";
import { onPhantom, onRealFilm } from "../../system/reliability.ts";
import { interpretQuestion } from "../../language/recognize.ts";
import { filmCounts } from "../../model/filmCounts.ts";
import { measuredModel } from "../../model/measured.ts";
import { useExperiment, useModels, useResults } from "../context/stores.ts";
import { useGate } from "../context/useGate.ts";
import { useIsDefended } from "../context/useIsDefended.ts";
import { CutOffNote } from "./CutOffNote.tsx";
import styles from "./panels.module.css";

export function Reliability(props: {
  readonly answer: AnswerResult;
  readonly children: (isTrusted: boolean) => ReactNode;
}) {
  const { answer, children } = props;
  const isFile = useExperiment((s) => s.spec.case.kind === "file");
  const id = useExperiment((s) => s.spec.model.id);
  const place = useResults((s) => s.stages.clean?.payload.population);
  const { understood } = useMemo(() => interpretQuestion(answer.question), [answer.question]);
  const gate = useGate();
  const measured = measuredModel(id);
  const own = useModels((s) => s.cards[id]);
  const card = measured ? `models/${id}/card.md` : own;
  const isDefended = useIsDefended();
  if (!understood) {
    return (
      <>
        {isFile && <CutOffNote asked={null} />}
        {children(false)}
      </>
    );
  }
  const confidence = Math.max(...Object.values(answer.probabilities));
  const said = isFile
    ? onRealFilm(measured, understood, { confidence, place, counts: filmCounts(id) })
    : onPhantom(measured, understood, confidence);
  const line = (
    <p className={styles.note} data-testid="reliability">
      {said.lead && <b>{said.lead} </b>}
      {said.text} {measured && isDefended && "All this was counted without your defenses. "}
      {card && (
        <a href={card} target="_blank" rel="noreferrer">
          The model’s card
        </a>
      )}
    </p>
  );
  return (
    <>
      {isFile && !gate && <Population />}
      {isFile && <CutOffNote asked={understood} />}
      {isFile && line}
      {children(said.isTrusted && !isDefended)}
      {!isFile && line}
    </>
  );
}

/** Whether the film is one that the model knows at all; nothing for a model of which that was not measured. */
function Population() {
  const said = useResults((s) => s.stages.clean?.payload.population);
  if (!said) return null;
  return (
    <p className={styles.note} data-testid="population">
      {said.lead && <b>{said.lead} </b>}
      {said.text}
    </p>
  );
}
