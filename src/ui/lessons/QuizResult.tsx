/** How well an eye tells attacked films, by the size of the change, beside how often the model was turned. */
import { quizFinding, quizScores } from "../../lesson/quiz.ts";
import type { QuizAnswer } from "../../lesson/quiz.ts";
import { AnswerCode } from "./AnswerCode.tsx";
import styles from "./quiz.module.css";
import { decimal } from "../../numerics/decimalText.ts";

export function QuizResult(props: {
  readonly answers: readonly QuizAnswer[];
  readonly seed: number;
}) {
  const { answers, seed } = props;
  const scores = quizScores(answers);
  return (
    <>
      <p className={styles.finding}>{quizFinding(answers)}</p>
      <table className={styles.scores}>
        <caption className="visually-hidden">Score by the size of the change</caption>
        <thead>
          <tr>
            <th scope="col">Change per pixel</th>
            <th scope="col">SSIM</th>
            <th scope="col">You saw it</th>
            <th scope="col">Model turned</th>
          </tr>
        </thead>
        <tbody>
          {scores.map(({ epsilon, n, right, interval, meanSsim, flips }) => (
            <tr key={epsilon}>
              <th scope="row">{`${epsilon} of 255`}</th>
              <td>{decimal(meanSsim, 3)}</td>
              <td>
                <Bar share={right / n} interval={interval} kind="eye" />
                {`${right} of ${n}`}
              </td>
              <td>
                <Bar share={flips / n} kind="model" />
                {`${flips} of ${n}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.lead}>
        The line in the middle is what guessing gives; the thin line is the interval in which your
        true share lies in 95 of 100 quizzes (Clopper-Pearson). Few films make it wide.
      </p>
      <AnswerCode answers={{ what: "quiz", seed, right: answers.map(({ isRight }) => isRight) }} />
    </>
  );
}

function Bar(props: {
  readonly share: number;
  readonly interval?: { readonly low: number; readonly high: number };
  readonly kind: "eye" | "model";
}) {
  const { share, interval, kind } = props;
  return (
    <svg className={styles.bar} data-kind={kind} viewBox="0 0 120 14" aria-hidden="true">
      <rect className={styles.track} x="0" y="4" width="120" height="6" rx="3" />
      <rect className={styles.fill} x="0" y="4" width={120 * share} height="6" rx="3" />
      {interval && (
        <line
          className={styles.span}
          x1={120 * interval.low}
          x2={120 * interval.high}
          y1="12.5"
          y2="12.5"
        />
      )}
      {kind === "eye" && <line className={styles.chance} x1="60" x2="60" y1="1" y2="13" />}
    </svg>
  );
}
