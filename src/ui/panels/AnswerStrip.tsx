/** The verdict in one line, for narrow screens where the answer panel scrolls away. */
import { givenAnswer } from "../../system/reading.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { isStale } from "../../state/resultStore.ts";
import { useResults } from "../context/stores.ts";
import { useHidden } from "../context/useHidden.ts";
import { useIsUntouched } from "../context/useIsUntouched.ts";
import { useGate } from "../context/useGate.ts";
import { useDisturbedAnswer } from "./useDisturbedAnswer.ts";
import { answerWord } from "../kit/formats.ts";
import styles from "./panels.module.css";

function wordOf(answer: AnswerResult | null | undefined): string | undefined {
  return answer ? givenAnswer(answer) : undefined;
}

export function AnswerStrip() {
  const clean = useResults((s) => wordOf(s.stages.clean?.payload.answer));
  const disturbed = wordOf(useDisturbedAnswer());
  const flipped = useResults((s) => s.stages.metrics?.payload.flipped);
  const isUntouched = useIsUntouched() && flipped === false;
  const isHidden = useHidden("answers");
  const stale = useResults((s) => isStale(s, "readout") || isStale(s, "clean"));
  const gate = useGate();
  const lead = useResults((s) => s.stages.clean?.payload.population?.lead ?? "");
  if (isHidden || gate) return null;
  return (
    <section
      className={styles.strip}
      data-stale={stale}
      data-untouched={isUntouched}
      aria-label="Answer at a glance"
    >
      <span className={styles.word} data-side="clean">
        {clean === undefined ? "…" : answerWord(clean)}
      </span>
      <span className={styles.arrow} aria-hidden="true">
        →
      </span>
      <span className={styles.word} data-side="disturbed">
        {disturbed === undefined ? "…" : answerWord(disturbed)}
      </span>
      {disturbed !== undefined && typeof flipped === "boolean" && (
        <span className={styles.badge} data-flipped={flipped}>
          {flipped ? "FLIPPED" : isUntouched ? "untouched" : "holds"}
        </span>
      )}
      {lead !== "" && <span className={styles.doubt}>{lead}</span>}
    </section>
  );
}
