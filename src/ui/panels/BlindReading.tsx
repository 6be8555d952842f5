/** Blind mode: the reader reads first, then the model's answer and the truth are shown. */
import { blindKey } from "../../state/roomStore.ts";
import { useExperiment, useResults, useStores } from "../context/stores.ts";
import { Section } from "../kit/Section.tsx";
import { answerWord } from "../kit/formats.ts";
import styles from "./blind.module.css";

export function BlindReading() {
  const { room } = useStores();
  const spec = useExperiment((s) => s.spec);
  const entry = useResults((s) => s.stages.clean);
  const answer = entry?.spec.question === spec.question ? entry.payload.answer : undefined;
  const say = (word: string) => {
    const { readings, set } = room.getState();
    set({ readings: { ...readings, [blindKey(spec)]: word } });
  };
  return (
    <Section title="Your reading" line="First yours, then the model’s.">
      <p className={styles.question}>{spec.question}</p>
      <div className={styles.readings} data-reads-first role="group" aria-label="Your answer">
        {Object.keys(answer?.probabilities ?? {}).map((word) => (
          <button key={word} type="button" onClick={() => say(word)}>
            {answerWord(word)}
          </button>
        ))}
      </div>
      <p className={styles.note} role="status">
        {answer === undefined && "The model is reading."}
        {answer === null && "This model answers no questions: end the blind mode under Lessons."}
      </p>
    </Section>
  );
}
