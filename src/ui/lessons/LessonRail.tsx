/** The open lesson, above the controls it drives: one step at a time, and within it one thing at a time. */
import { useRef } from "react";
import { said } from "../../lesson/spoken.ts";
import type { Lesson, LessonStep } from "../../lesson/schema.ts";
import { NOTHING_YET } from "../../state/lessonStore.ts";
import { useLesson, useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { Icon } from "../kit/icons.tsx";
import { LessonEnd } from "./LessonEnd.tsx";
import { LANGUAGE, goTo, openLesson, phaseOf, showHow } from "./lessonSession.ts";
import { Choices } from "./Choices.tsx";
import { LiveText } from "./LiveText.tsx";
import { useFocusKept } from "./useFocusKept.ts";
import { useLessonWatch } from "./useLessonWatch.ts";
import { leaveRoom } from "./openRoom.ts";
import styles from "./lesson.module.css";

export function LessonRail() {
  const stores = useStores();
  const lesson = useLesson((s) => s.lesson);
  const index = useLesson((s) => s.step);
  useLessonWatch();
  if (!lesson) return null;
  const step = lesson.steps[index];
  return (
    <section className={styles.lesson} aria-label={`Lesson: ${said(lesson.title, LANGUAGE)}`}>
      <header className={styles.head}>
        <h2>{said(lesson.title, LANGUAGE)}</h2>
        <span className={styles.space} />
        <Button
          aria-label="Begin the lesson again"
          title="Begin again: for the next group"
          onClick={() => openLesson(stores, lesson)}
        >
          <Icon name="reset" size={14} />
        </Button>
        <Button
          aria-label="Leave the lesson"
          title="Leave the lesson; your own work comes back"
          onClick={() => leaveRoom(stores)}
        >
          <Icon name="close" size={14} />
        </Button>
      </header>
      <Path lesson={lesson} at={index} />
      {step ? <Step key={index} step={step} index={index} /> : <LessonEnd lesson={lesson} />}
    </section>
  );
}

/** One mark for each step, to see how far it is and to go back by. */
function Path({ lesson, at }: { readonly lesson: Lesson; readonly at: number }) {
  const stores = useStores();
  const progress = useLesson((s) => s.progress);
  return (
    <ol className={styles.path} aria-label="Steps">
      {lesson.steps.map((step, k) => {
        const isOver = phaseOf(step, progress[k] ?? NOTHING_YET) === "over";
        const done = isOver ? ", done" : "";
        const name = `Step ${k + 1} of ${lesson.steps.length}${done}: ${said(step.title, LANGUAGE)}`;
        return (
          <li key={k}>
            <button
              type="button"
              aria-label={name}
              aria-current={k === at ? "step" : undefined}
              data-over={isOver}
              disabled={!progress[k]?.scene}
              onClick={() => goTo(stores, k)}
            />
          </li>
        );
      })}
    </ol>
  );
}

function Step({ step, index }: { readonly step: LessonStep; readonly index: number }) {
  const stores = useStores();
  const progress = useLesson((s) => s.progress[index]) ?? NOTHING_YET;
  const phase = phaseOf(step, progress);
  const { record } = stores.lessons.getState();
  const place = useRef<HTMLDivElement>(null);
  useFocusKept(place);
  return (
    <div ref={place} tabIndex={-1} className={styles.step}>
      <h3>{said(step.title, LANGUAGE)}</h3>
      <LiveText text={step.text} about={progress.scene} />
      {step.predict && (
        <Prediction
          step={step}
          chosen={progress.predicted}
          onChoose={(predicted) => record(index, { predicted })}
        />
      )}
      {step.task && phase !== "predict" && (
        <div className={styles.task} data-done={progress.isDone}>
          <span className={styles.tick} aria-hidden="true" />
          <div role="status">
            <p className={styles.wanted}>
              {said(step.task.text, LANGUAGE)}
              {progress.isDone && <span className="visually-hidden"> Done.</span>}
            </p>
            {progress.isDone ? (
              <p className={styles.text}>{progress.outcome}</p>
            ) : (
              <Button look="inline" onClick={() => showHow(stores)}>
                Show me
              </Button>
            )}
          </div>
        </div>
      )}
      {step.question && (phase === "question" || phase === "over") && (
        <Choices
          question={step.question}
          tried={progress.tried}
          onTry={(choice) => record(index, { tried: [...progress.tried, choice] })}
        />
      )}
      <Footer index={index} isOver={phase === "over"} />
    </div>
  );
}

/** What the learner said beforehand; right or wrong is told when the bench has shown it. */
function Prediction(props: {
  readonly step: LessonStep;
  readonly chosen: number | null;
  readonly onChoose: (choice: number) => void;
}) {
  const { step, chosen, onChoose } = props;
  const isShown = useLesson((s) => s.progress[s.step]?.isDone ?? false) || !step.task;
  const question = step.predict!;
  if (chosen === null) {
    return (
      <div role="group" aria-label="Predict" className={styles.predict}>
        <p className={styles.wanted}>{said(question.text, LANGUAGE)}</p>
        {question.choices.map(({ text }, k) => (
          <button
            key={said(text, "en")}
            type="button"
            className={styles.choice}
            onClick={() => onChoose(k)}
          >
            {said(text, LANGUAGE)}
          </button>
        ))}
      </div>
    );
  }
  const choice = question.choices[chosen]!;
  return (
    <p className={styles.foretold} data-right={isShown ? choice.right : undefined}>
      You predicted{" "}
      <b>
        <q>{said(choice.text, LANGUAGE)}</q>
      </b>
      .{isShown && <> {said(choice.feedback, LANGUAGE)}</>}
    </p>
  );
}

function Footer({ index, isOver }: { readonly index: number; readonly isOver: boolean }) {
  const stores = useStores();
  const showsAll = useLesson((s) => s.showsAll);
  return (
    <div className={styles.foot}>
      <Button
        aria-pressed={showsAll}
        title="Show every control of the bench, not only those of this step"
        onClick={() => stores.lessons.getState().set({ showsAll: !showsAll })}
      >
        All controls
      </Button>
      <span className={styles.space} />
      {index > 0 && <Button onClick={() => goTo(stores, index - 1)}>Back</Button>}
      <button
        type="button"
        className={styles.next}
        data-ready={isOver}
        onClick={() => goTo(stores, index + 1)}
      >
        {isOver ? "Next" : "Skip"}
      </button>
    </div>
  );
}
