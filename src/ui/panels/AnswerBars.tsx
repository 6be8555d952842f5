/** How sure the model says it is of each answer, on both pictures, and by how much it prefers its own. */
import { memo } from "react";
import type { AnswerResult } from "../../system/reading.ts";
import { useIsUntouched } from "../context/useIsUntouched.ts";
import { Hint } from "../kit/Hint.tsx";
import { answerWord, percent, signed } from "../kit/formats.ts";
import { Button } from "../kit/Button.tsx";
import styles from "./panels.module.css";

export function AnswerBars(props: {
  readonly clean: AnswerResult;
  readonly disturbed: AnswerResult | undefined;
  /** False where percentages like these were not measured, or were measured and found wrong: they are greyed. */
  readonly isTrusted: boolean;
}) {
  const { clean, disturbed, isTrusted } = props;
  const isUntouched = useIsUntouched();
  const isYesNo = "yes" in clean.probabilities;
  const outside = Math.max(clean.massOutside, disturbed?.massOutside ?? 0);
  return (
    <>
      <div className={styles.bars} data-trusted={isTrusted}>
        {Object.entries(clean.probabilities).map(([answer, p]) => {
          const q = disturbed?.probabilities[answer];
          return (
            <div key={answer} style={{ display: "contents" }}>
              <span className={styles.answer}>{answerWord(answer)}</span>
              <span
                className={styles.pair}
                role="img"
                aria-label={`Stated probability of ${answerWord(answer)}: clean ${percent(p)}${q === undefined || isUntouched ? "" : `, disturbed ${percent(q)}`}`}
              >
                <Bar side="clean" share={p} />
                {!isUntouched && <Bar side="disturbed" share={q ?? 0} />}
              </span>
              <span className={styles.figures}>
                <b data-side="clean">{percent(p)}</b>
                {!isUntouched && (
                  <>
                    {" → "}
                    <b data-side="disturbed">{q === undefined ? "…" : percent(q)}</b>
                  </>
                )}
              </span>
            </div>
          );
        })}
      </div>
      <p className={`${styles.note} ${styles.margin}`}>
        <MarginTerm isYesNo={isYesNo} /> {signed(clean.margin)}
        {!isUntouched && ` → ${disturbed ? signed(disturbed.margin) : "…"}`}; <OtherWordsTerm />{" "}
        {percent(outside)}
      </p>
    </>
  );
}

/** These two never change while the numbers beside them do, and a hint is dear to draw. */
const MarginTerm = memo(function MarginTerm({ isYesNo }: { readonly isYesNo: boolean }) {
  return (
    <Hint
      text={
        isYesNo
          ? "The model's score for yes minus its score for no (logits). The answer flips where this crosses 0; the percentages above follow from it."
          : "How far the answer's score is ahead of the next answer's (logits). The answer flips where this reaches 0."
      }
    >
      <Button look="term">Confidence margin</Button>
    </Hint>
  );
});

const OtherWordsTerm = memo(function OtherWordsTerm() {
  return (
    <Hint text="Probability that the model gave to words that are no answer to this question. The percentages above are shares of what is left.">
      <Button look="term">other words</Button>
    </Hint>
  );
});

function Bar(props: { readonly side: "clean" | "disturbed"; readonly share: number }) {
  return (
    <span className={styles.bar} data-side={props.side}>
      <span style={{ width: `${100 * props.share}%` }} />
    </span>
  );
}
