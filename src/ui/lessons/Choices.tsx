/** A question with feedback to every choice; a wrong one may be followed by another. */
import { said } from "../../lesson/spoken.ts";
import type { LessonQuestion } from "../../lesson/schema.ts";
import { LANGUAGE } from "./lessonSession.ts";
import styles from "./lesson.module.css";

export function Choices(props: {
  readonly question: LessonQuestion;
  readonly tried: readonly number[];
  readonly onTry: (choice: number) => void;
}) {
  const { question, tried, onTry } = props;
  const last = tried.at(-1);
  const isOver = tried.some((choice) => question.choices[choice]?.right);
  return (
    <div role="group" aria-label="Question" className={styles.predict}>
      <p className={styles.wanted}>{said(question.text, LANGUAGE)}</p>
      {question.choices.map(({ text, right }, k) => (
        <button
          key={said(text, "en")}
          type="button"
          className={styles.choice}
          data-state={tried.includes(k) ? (right ? "right" : "wrong") : undefined}
          disabled={isOver || tried.includes(k)}
          onClick={() => onTry(k)}
        >
          {said(text, LANGUAGE)}
        </button>
      ))}
      {last !== undefined && (
        <p className={styles.feedback} role="status">
          <b>{question.choices[last]!.right ? "Right." : "Not quite."}</b>{" "}
          {said(question.choices[last]!.feedback, LANGUAGE)}
        </p>
      )}
    </div>
  );
}
