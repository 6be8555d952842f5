/** The answer, clean and disturbed; the one thing to see from across the room. */
import { Suspense, lazy, useEffect } from "react";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { useExperiment, useModels, useResults } from "../context/stores.ts";
import { useIsDefended } from "../context/useIsDefended.ts";
import { useIsUntouched } from "../context/useIsUntouched.ts";
import { NO_ATTENTION } from "../picture/attentionMap.ts";
import { givenAnswer } from "../../system/reading.ts";
import type { Agreement, AnswerResult } from "../../system/reading.ts";
import { AnswerBars } from "./AnswerBars.tsx";
import { Gate } from "../context/Gate.tsx";
import { OwnReading } from "./OwnReading.tsx";
import { useGate } from "../context/useGate.ts";
import { useDisturbedAnswer } from "./useDisturbedAnswer.ts";
import { ResultSection } from "../context/ResultSection.tsx";
import { KeptPlace } from "../kit/KeptPlace.tsx";
import styles from "./panels.module.css";
import { answerWord } from "../kit/formats.ts";
import { decimal } from "../../numerics/decimalText.ts";
import { percent } from "../../numerics/percentText.ts";

// What was measured of each model is needed with the first answer, not before it.
const reliability = () => loadPart(() => import("./Reliability.tsx"));
const truth = () => loadPart(() => import("./GroundTruth.tsx"));
const Reliability = lazy(() => reliability().then(({ Reliability: part }) => ({ default: part })));
const GroundTruth = lazy(() => truth().then(({ GroundTruth: part }) => ({ default: part })));

/** Fetched while the model loads: all that is said of an answer comes at once. */
function useEarlyParts(): void {
  useEffect(() => {
    for (const part of [reliability, truth]) part().catch(() => {});
  }, []);
}

/** Height of what is said of the opening case's answer, in CSS pixels. */
const FIRST_ANSWER = 190;

/** Together longer than this, the two answers are set smaller so that they stay on one line. */
const SHORT_VERDICT = 9;

export function AnswerPanel() {
  useEarlyParts();
  const clean = useResults((s) => s.stages.clean?.payload.answer);
  const disturbed = useDisturbedAnswer();
  const flipped = useResults((s) => s.stages.metrics?.payload.flipped);
  const isDefended = useIsDefended();
  const isUntouched = useIsUntouched() && flipped === false;
  const kind = useExperiment((s) => s.spec.case.kind);
  const gate = useGate();
  if (clean === null) return <NoAnswer />;
  const [before, after] = [clean, disturbed].map((each) => each && answerWord(givenAnswer(each)));
  const isLong = `${before ?? ""}${after ?? ""}`.length > SHORT_VERDICT;
  return (
    <ResultSection
      title="Answer"
      line={
        isDefended
          ? "What the defended model says."
          : isUntouched
            ? "What the model says."
            : "What the model says before and after."
      }
      stage="readout"
    >
      {gate ? (
        <Gate said={gate} />
      ) : (
        <div
          className={styles.verdict}
          data-long={isLong}
          data-untouched={isUntouched}
          aria-live="polite"
        >
          <span className={styles.word} data-side="clean" data-testid="answer-clean">
            {before ?? "…"}
          </span>
          <span className={styles.arrow} aria-label="becomes">
            →
          </span>
          <span className={styles.word} data-side="disturbed" data-testid="answer-disturbed">
            {after ?? "…"}
          </span>
          {disturbed && typeof flipped === "boolean" && (
            <span className={styles.badge} data-flipped={flipped} data-testid="flip-badge">
              {flipped ? "FLIPPED" : isUntouched ? "untouched" : "holds"}
            </span>
          )}
        </div>
      )}
      <KeptPlace first={FIRST_ANSWER} subject={kind} isAwaited={clean === undefined}>
        {clean && (
          <ErrorBoundary>
            <Suspense fallback={null}>
              <Reliability answer={clean}>
                {(isTrusted) =>
                  !gate && <AnswerBars clean={clean} disturbed={disturbed} isTrusted={isTrusted} />
                }
              </Reliability>
            </Suspense>
          </ErrorBoundary>
        )}
        {!gate && <Agreed clean={clean} disturbed={disturbed} />}
        <OwnReading />
        {clean && <Truth />}
        {!clean && <p className={styles.empty}>The model has not been asked yet.</p>}
      </KeptPlace>
    </ResultSection>
  );
}

/** Knows the question bank, as the box above does. */
function Truth() {
  return (
    <ErrorBoundary>
      <Suspense fallback={null}>
        <GroundTruth />
      </Suspense>
    </ErrorBoundary>
  );
}

const ALONE: Agreement = { looks: 1, share: 1, abstains: false };

/** How many looks an answer rests on, where a defense takes several; of models with weights of their own the weight. */
function Agreed(props: {
  readonly clean: AnswerResult | undefined;
  readonly disturbed: AnswerResult | undefined;
}) {
  const of = (answer: AnswerResult | undefined) => {
    const { looks, share, isWeighed, abstains } = answer?.agreement ?? ALONE;
    const agree = isWeighed ? percent(share) : `${Math.round(share * looks)} of ${looks}`;
    return `${agree}${abstains ? " (too few: the system abstains)" : ""}`;
  };
  const { clean, disturbed } = props;
  if (!clean?.agreement || clean.agreement.looks === 1) return null;
  return (
    <p className={styles.note} data-testid="agreement">
      {clean.agreement.isWeighed
        ? `Weight of the models that agree: ${of(clean)} on the clean picture`
        : `Looks that agree: ${of(clean)} on the clean picture`}
      {disturbed && `, ${of(disturbed)} on the disturbed one`}.
    </p>
  );
}

/** An encoder without a text side: what to read instead. */
function NoAnswer() {
  const movedTo = useResults((s) => s.stages.metrics?.payload.featureCosine);
  const id = useExperiment((s) => s.spec.model.id);
  const manifest = useModels((s) => s.own[id]);
  const isMute = useResults((s) => s.stages.clean?.payload.attention.length === 0);
  // An embedding that is the scores themselves, because the graph puts out nothing else.
  const scores = manifest?.outputs.classScores;
  const what = scores !== undefined && scores === manifest?.outputs.embedding;
  return (
    <ResultSection title="Answer" line="This model has none." stage="readout">
      <p className={styles.note} data-testid="no-answer">
        {scores === undefined ? "An image encoder" : "An image classifier"} without a text side: it
        is read by its {what ? "class scores" : "features"}
        {movedTo === undefined ? "" : ` (cosine ${decimal(movedTo, 4)} after the disturbance)`}
        {isMute ? " and its guarantee" : ", its attention and its guarantee"}. Attacks move the{" "}
        {what ? "class scores" : "features"}.{isMute && ` ${NO_ATTENTION}.`}
      </p>
      <Truth />
    </ResultSection>
  );
}
