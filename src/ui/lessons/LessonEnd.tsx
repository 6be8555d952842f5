/** The last page of a lesson: what to take home, how it went, a link to it, and the next one. */
import { useRef, useState } from "react";
import { LESSON_IDS } from "../../lesson/catalog.ts";
import { roomFragment } from "../../lesson/room.ts";
import { said } from "../../lesson/spoken.ts";
import type { Lesson } from "../../lesson/schema.ts";
import type { Answers } from "../../lesson/answerCode.ts";
import { NOTHING_YET } from "../../state/lessonStore.ts";
import type { StepProgress } from "../../state/lessonStore.ts";
import { toErrorData } from "../../errors/labError.ts";
import { useLesson, useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { copyField } from "../share/copyText.ts";
import { LinkAddress } from "../share/LinkAddress.tsx";
import { useReachableAddress } from "../share/useReachableAddress.ts";
import { AnswerCode } from "./AnswerCode.tsx";
import { LiveText } from "./LiveText.tsx";
import { LANGUAGE, goTo } from "./lessonSession.ts";
import { useFocusKept } from "./useFocusKept.ts";
import { enterRoom, leaveRoom } from "./openRoom.ts";
import styles from "./lesson.module.css";

export function LessonEnd({ lesson }: { readonly lesson: Lesson }) {
  const stores = useStores();
  const progress = useLesson((s) => s.progress);
  const next = LESSON_IDS[(LESSON_IDS as readonly string[]).indexOf(lesson.id) + 1];
  const asked = lesson.steps.filter(({ question }) => question);
  const first = lesson.steps.filter(
    ({ question }, k) => question?.choices[progress[k]?.tried[0] ?? -1]?.right,
  );
  const open = async (id: string) => {
    try {
      const { locks, hidden, seed } = stores.room.getState();
      await enterRoom(stores, { lesson: id, locks, hidden, seed });
    } catch (error) {
      stores.results.getState().refuse(toErrorData(error));
    }
  };
  const place = useRef<HTMLDivElement>(null);
  useFocusKept(place);
  return (
    <div ref={place} tabIndex={-1} className={styles.step}>
      <h3>What to take home</h3>
      <LiveText text={lesson.ends} />
      {asked.length > 0 && (
        <p className={styles.text}>
          Right at the first try: <b>{`${first.length} of ${asked.length}`}</b> questions.
        </p>
      )}
      <AnswerCode answers={answersOf(lesson, progress)} />
      <LessonLink id={lesson.id} title={said(lesson.title, LANGUAGE)} />
      <div className={styles.foot}>
        <Button onClick={() => goTo(stores, lesson.steps.length - 1)}>Back</Button>
        <span className={styles.space} />
        <Button onClick={() => leaveRoom(stores)}>Back to my work</Button>
        {next && (
          <button
            type="button"
            className={styles.next}
            data-ready="true"
            onClick={() => void open(next)}
          >
            Next lesson
          </button>
        )}
      </div>
    </div>
  );
}

function answersOf(lesson: Lesson, progress: readonly StepProgress[]): Answers {
  return {
    what: "lesson",
    lesson: lesson.id,
    steps: lesson.steps.map((step, k) => {
      const { predicted, tried, isDone } = progress[k] ?? NOTHING_YET;
      return { done: isDone || !step.task, predicted: predicted ?? -1, tried: [...tried] };
    }),
  };
}

function LessonLink({ id, title }: { readonly id: string; readonly title: string }) {
  const address = useReachableAddress();
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const link = new URL(roomFragment({ lesson: id, locks: [], hidden: [] }), address.base).href;
  return (
    <>
      <div className={styles.link}>
        <input
          ref={field}
          readOnly
          aria-label={`Link to the lesson ${title}`}
          value={link}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button
          look="outlined"
          onClick={() => void copyField(field.current!).then((done) => setCopied(done))}
        >
          {copied ? "Copied" : "Copy link"}
        </Button>
      </div>
      <LinkAddress address={address} />
    </>
  );
}
