/** What a phantom really shows: the one case where the right answer is known, so that the model can be told right or wrong. */
import { groundTruth } from "../../experiment/groundTruth.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { useExperiment, useResults, useStores } from "../context/stores.ts";
import { useHidden } from "../context/useHidden.ts";
import { useDisturbedAnswer } from "./useDisturbedAnswer.ts";
import { Button } from "../kit/Button.tsx";
import { answerWord } from "../kit/formats.ts";
import styles from "./panels.module.css";

export function GroundTruth() {
  const { view } = useStores();
  const open = useExperiment((s) => s.spec.case);
  const entry = useResults((s) => s.stages.input);
  const clean = useResults((s) => s.stages.clean?.payload.answer);
  const disturbed = useDisturbedAnswer();
  const isHidden = useHidden("truth");
  if (isHidden) return null;
  if (open.kind !== "phantom" || entry?.spec.case !== open || !entry.payload.truth) return null;
  const { truth } = entry.payload;
  const right = clean ? groundTruth(clean.question, truth) : null;
  return (
    <p className={styles.note} data-testid="truth">
      <b>Ground truth</b>
      {": "}
      {right?.answer && (
        <>
          <b>{answerWord(right.answer)}</b>
          {". "}
        </>
      )}
      {right ? right.reason : truth.report.join(" ")}
      {right?.answer && clean && ` ${verdict(right.answer, clean, disturbed)}`}{" "}
      <Button
        look="inline"
        onClick={() => view.getState().set({ studiesOpen: true, wishedStudy: "findings" })}
      >
        Which cases does it get wrong?
      </Button>
    </p>
  );
}

/** Which of the two answers is right. Both are the model's own words to the same wording, as the truth is. */
function verdict(right: string, clean: AnswerResult, disturbed: AnswerResult | undefined): string {
  const isRight = clean.answer === right;
  if (!disturbed) return `The model is ${isRight ? "right" : "wrong"} about the clean picture.`;
  if ((disturbed.answer === right) === isRight) {
    return `The model is ${isRight ? "right" : "wrong"} about both pictures.`;
  }
  return isRight
    ? "The model is right about the clean picture and wrong about the disturbed one."
    : "The model is wrong about the clean picture and right about the disturbed one.";
}
