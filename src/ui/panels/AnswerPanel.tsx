/** The answer, clean and disturbed, with probabilities and margins; the one thing to see from across the room. */
import type { AnswerResult } from "../../experiment/results.ts";
import { useExperiment, useResults } from "../app/stores.ts";
import { Section } from "./Section.tsx";
import styles from "./panels.module.css";
import { percent, signed } from "./formats.ts";
import { groundTruth } from "../../experiment/groundTruth.ts";

export function AnswerPanel() {
  const clean = useResults((s) => s.stages.clean?.payload.answer);
  const disturbed = useResults((s) => s.stages.readout?.payload.answer);
  const flipped = useResults((s) => s.stages.metrics?.payload.flipped);
  if (clean === null) return <NoAnswer />;
  return (
    <Section title="Answer" line="What the model says before and after." stage="readout">
      <div className={styles.verdict} aria-live="polite">
        <span className={styles.word} data-side="clean" data-testid="answer-clean">
          {clean?.answer ?? "…"}
        </span>
        <span className={styles.arrow} aria-label="becomes">
          →
        </span>
        <span className={styles.word} data-side="disturbed" data-testid="answer-disturbed">
          {disturbed?.answer ?? "…"}
        </span>
        {typeof flipped === "boolean" && (
          <span className={styles.badge} data-flipped={flipped} data-testid="flip-badge">
            {flipped ? "FLIPPED" : "holds"}
          </span>
        )}
      </div>
      {clean && <AnswerBars clean={clean} disturbed={disturbed ?? undefined} />}
      <Truth />
      {!clean && <p className={styles.empty}>The model has not been asked yet.</p>}
    </Section>
  );
}

/** An encoder without a text side: what to read instead. */
function NoAnswer() {
  const movedTo = useResults((s) => s.stages.metrics?.payload.featureCosine);
  return (
    <Section title="Answer" line="This model has none." stage="readout">
      <p className={styles.note} data-testid="no-answer">
        An image encoder without a text side: it is read by its features
        {movedTo === undefined ? "" : ` (cosine ${movedTo.toFixed(4)} after the disturbance)`}, its
        attention and its certificate. Attacks move the features.
      </p>
      <Truth />
    </Section>
  );
}

/** What a phantom really shows: the one case where the right answer is known. */
function Truth() {
  const open = useExperiment((s) => s.spec.case);
  const entry = useResults((s) => s.stages.input);
  const clean = useResults((s) => s.stages.clean?.payload.answer);
  const disturbed = useResults((s) => s.stages.readout?.payload.answer);
  if (open.kind === "file") return <Scope />;
  if (entry?.spec.case !== open || !entry.payload.truth) return null;
  const { truth } = entry.payload;
  const right = clean ? groundTruth(clean.question, truth) : null;
  return (
    <p className={styles.note} data-testid="truth">
      <b>Ground truth</b>
      {": "}
      {right?.answer && (
        <>
          <b>{right.answer}</b>
          {". "}
        </>
      )}
      {right ? right.reason : truth.report.join(" ")}
      {right?.answer && clean && ` ${verdict(right.answer, clean, disturbed ?? undefined)}`}
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

/** What an answer about a reader's own picture is worth: these models were measured on radiographs for one finding. */
function Scope() {
  const answered = useResults((s) => s.stages.clean?.payload.answer !== null);
  if (!answered) return null;
  return (
    <p className={styles.note}>
      <b>On real radiographs</b> only the pneumonia question was measured, well on one hospital’s
      children and poorly on adults (see the model’s card). Any other answer here is untested.
    </p>
  );
}

function AnswerBars(props: {
  readonly clean: AnswerResult;
  readonly disturbed: AnswerResult | undefined;
}) {
  const { clean, disturbed } = props;
  const isYesNo = "yes" in clean.probabilities;
  const outside = Math.max(clean.massOutside, disturbed?.massOutside ?? 0);
  return (
    <>
      <div className={styles.bars}>
        {Object.entries(clean.probabilities).map(([answer, p]) => {
          const q = disturbed?.probabilities[answer];
          return (
            <div key={answer} style={{ display: "contents" }}>
              <span className={styles.answer}>{answer}</span>
              <span
                className={styles.pair}
                role="img"
                aria-label={`Probability of ${answer}: clean ${percent(p)}${q === undefined ? "" : `, disturbed ${percent(q)}`}`}
              >
                <Bar side="clean" share={p} />
                <Bar side="disturbed" share={q ?? 0} />
              </span>
              <span className={styles.figures}>
                <b data-side="clean">{percent(p)}</b>
                {" → "}
                <b data-side="disturbed">{q === undefined ? "…" : percent(q)}</b>
              </span>
            </div>
          );
        })}
      </div>
      <p className={styles.note}>
        {isYesNo ? "Margin of yes over no" : "Lead over the next answer"} {signed(clean.margin)}
        {disturbed && ` → ${signed(disturbed.margin)}`} logits, {percent(outside)} outside.
      </p>
    </>
  );
}

function Bar(props: { readonly side: "clean" | "disturbed"; readonly share: number }) {
  return (
    <span className={styles.bar} data-side={props.side}>
      <span style={{ width: `${100 * props.share}%` }} />
    </span>
  );
}
