/** The same question in other words: answers on both pictures, flips marked, polarity corrected. */
import type { AnswerResult } from "../../experiment/results.ts";
import { useResults } from "../app/stores.ts";
import { percent, signed } from "./formats.ts";
import { Section } from "./Section.tsx";
import styles from "./panels.module.css";

export function ParaphraseTable() {
  const clean = useResults((s) => s.stages.clean?.payload.paraphrases);
  const disturbed = useResults((s) => s.stages.readout?.payload.paraphrases);
  const metrics = useResults((s) => s.stages.metrics?.payload);
  const answers = useResults((s) => s.stages.clean?.payload.answer);
  if (answers === null) return null;
  const n = clean?.length ?? 0;
  return (
    <Section title="Same question, other words" line="Flips in red." stage="readout">
      {clean && n > 0 ? (
        <>
          <table className={styles.table}>
            <caption className="visually-hidden">
              Answers to paraphrases on the clean and the disturbed picture
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
                  flips={metrics?.paraphraseFlips[index] ?? false}
                />
              ))}
            </tbody>
          </table>
          {metrics?.flipRateClean != null && metrics.flipRateDisturbed != null && (
            <p className={styles.note}>
              Disagree with the plain wording: clean {percent(metrics.flipRateClean)}, disturbed{" "}
              {percent(metrics.flipRateDisturbed)} of n = {n}.
            </p>
          )}
        </>
      ) : (
        <p className={styles.empty}>
          {clean
            ? "The question bank has no other wordings of this question. Ask without side or size to see some."
            : "Paraphrases appear with the first answer."}
        </p>
      )}
    </Section>
  );
}

function ParaphraseRow(props: {
  readonly clean: AnswerResult;
  readonly disturbed: AnswerResult | undefined;
  readonly flips: boolean;
}) {
  const { clean, disturbed, flips } = props;
  return (
    <tr data-flip={flips}>
      <td>
        {clean.question}
        <span className={styles.tags}>
          {clean.strategy}
          {clean.polarity < 0 &&
            ` · asks the opposite: its ${clean.answer} is shown as ${clean.corrected}`}
          {!clean.trained && <em> · never seen in training</em>}
        </span>
      </td>
      <td>
        <AnswerCell answer={clean} flips={false} />
      </td>
      <td>{disturbed ? <AnswerCell answer={disturbed} flips={flips} /> : "…"}</td>
    </tr>
  );
}

function AnswerCell(props: { readonly answer: AnswerResult; readonly flips: boolean }) {
  const { answer, flips } = props;
  return (
    <>
      {answer.corrected} {percent(answer.probabilities[answer.answer] ?? 0)}
      <span className={styles.tags}>
        {flips && <b className={styles.flipped}>flips </b>}
        {signed(answer.polarity * answer.margin, 1)}
      </span>
    </>
  );
}
