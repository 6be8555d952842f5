/** The same question in other words: answers on both pictures, and against what each of them is compared. */
import { memo } from "react";
import { groundTruth } from "../../experiment/groundTruth.ts";
import type { MetricsResult } from "../../experiment/results.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { correctedAnswer } from "../../language/answer.ts";
import { useHidden } from "../context/useHidden.ts";
import { useExperiment, useResults } from "../context/stores.ts";
import { Hint } from "../kit/Hint.tsx";
import { answerWord, percent, signed } from "../kit/formats.ts";
import { useGate } from "../context/useGate.ts";
import { ResultSection } from "../context/ResultSection.tsx";
import { Button } from "../kit/Button.tsx";
import styles from "./panels.module.css";

/** Kinds of wordings, as a reader without a linguist's terms calls them. */
const KINDS: Readonly<Record<string, string>> = {
  plain: "plain wording",
  lexical: "synonym",
  syntactic: "other sentence",
  pragmatic: "preamble",
  negation: "negated",
};

export function ParaphraseTable() {
  const clean = useResults((s) => s.stages.clean?.payload.paraphrases);
  const latest = useResults((s) => s.stages.readout?.payload.paraphrases);
  const metrics = useResults((s) => s.stages.metrics?.payload);
  const answer = useResults((s) => s.stages.clean?.payload.answer);
  const gate = useGate();
  if (answer === null || gate) return null;
  // Rows of an earlier question are not these wordings' answers.
  const disturbed =
    latest?.length === clean?.length &&
    clean?.every(({ question }, index) => latest?.[index]?.question === question)
      ? latest
      : undefined;
  return (
    <ResultSection title="Same question, other words" line="Red: turned." stage="readout">
      {clean && clean.length > 0 ? (
        <>
          <table className={styles.table}>
            <caption className="visually-hidden">
              Answers to other wordings on the clean and the disturbed picture
            </caption>
            <thead>
              <tr>
                <th scope="col">Wording</th>
                <th scope="col">Clean</th>
                <th scope="col">Disturbed</th>
              </tr>
            </thead>
            <tbody>
              {clean.map((row, index) => (
                <ParaphraseRow
                  key={row.question}
                  clean={row}
                  disturbed={disturbed?.[index]}
                  turned={disturbed !== undefined && (metrics?.paraphraseFlips[index] ?? false)}
                />
              ))}
            </tbody>
          </table>
          {metrics && disturbed && (
            <Counts clean={clean} disturbed={disturbed} metrics={metrics} asked={answer} />
          )}
        </>
      ) : (
        <p className={styles.empty}>
          {clean
            ? "The question bank has no other wordings of this question. Ask without side or size to see some."
            : "Other wordings appear with the first answer."}
        </p>
      )}
    </ResultSection>
  );
}

/** Three counts that are easily mixed up, each with what it compares. */
function Counts(props: {
  readonly clean: readonly AnswerResult[];
  readonly disturbed: readonly AnswerResult[];
  readonly metrics: Pick<MetricsResult, "paraphraseFlips" | "flipRateClean" | "flipRateDisturbed">;
  readonly asked: AnswerResult | undefined;
}) {
  const { clean, disturbed, metrics, asked } = props;
  const right = useRightAnswer(asked);
  const n = clean.length;
  const turned = metrics.paraphraseFlips.filter(Boolean).length;
  const differing = [metrics.flipRateClean, metrics.flipRateDisturbed].map((rate) =>
    Math.round((rate ?? 0) * n),
  );
  const correct = [clean, disturbed].map(
    (rows) => rows.filter(({ corrected }) => corrected === right).length,
  );
  return (
    <div className={styles.note} data-testid="wording-counts">
      <p>
        <b>Against the clean picture:</b> the disturbance turned {turned} of {n} wordings.
      </p>
      <p>
        <b>Against your wording:</b> {differing[0]} of {n} answer otherwise on the clean picture,{" "}
        {differing[1]} of {n} on the disturbed one.
      </p>
      {right !== null && (
        <p>
          <b>Against the ground truth:</b> {correct[0]} of {n} are right on the clean picture,{" "}
          {correct[1]} of {n} on the disturbed one.
        </p>
      )}
      <p>Wordings kept out of training come first on purpose, so these counts are no rates.</p>
    </div>
  );
}

/** What is true of the finding itself, whatever the polarity of the wording; null where nothing is known. */
function useRightAnswer(asked: AnswerResult | undefined): string | null {
  const open = useExperiment((s) => s.spec.case);
  const isHidden = useHidden("truth");
  const truth = useResults((s) =>
    !isHidden && s.stages.input?.spec.case === open ? s.stages.input.payload.truth : undefined,
  );
  const right = asked && truth ? groundTruth(asked.question, truth)?.answer : null;
  return asked && right ? correctedAnswer(right, asked.polarity) : null;
}

/** Drawn anew where its own answer changes: the counts below come later than the answers. */
const ParaphraseRow = memo(function ParaphraseRow(props: {
  readonly clean: AnswerResult;
  readonly disturbed: AnswerResult | undefined;
  readonly turned: boolean;
}) {
  const { clean, disturbed, turned } = props;
  return (
    <tr data-flip={turned}>
      <td>
        {clean.question}
        <span className={styles.tags}>
          {clean.polarity < 0 ? (
            <Hint text="Here yes means absent. Its answers are turned round, so that every row says whether the finding is present.">
              <Button look="term">negated, turned round</Button>
            </Hint>
          ) : (
            (KINDS[clean.strategy] ?? clean.strategy)
          )}
          {clean.trained === true && " · trained"}
          {clean.trained === false && <em> · not in training</em>}
        </span>
      </td>
      <td data-trusted={clean.trained}>
        <AnswerCell answer={clean} turned={false} />
      </td>
      <td data-trusted={clean.trained}>
        {disturbed ? <AnswerCell answer={disturbed} turned={turned} /> : "…"}
      </td>
    </tr>
  );
});

function AnswerCell(props: { readonly answer: AnswerResult; readonly turned: boolean }) {
  const { answer, turned } = props;
  return (
    <>
      {answerWord(answer.corrected)}{" "}
      <span className={styles.share}>{percent(answer.probabilities[answer.answer] ?? 0)}</span>
      <span className={styles.tags}>
        {turned && <b className={styles.flipped}>turned </b>}
        {signed(answer.polarity * answer.margin, 1)}
      </span>
    </>
  );
}
