/** The lessons on offer, in the order of a course. */
import { toErrorData } from "../../errors/labError.ts";
import { said } from "../../lesson/spoken.ts";
import type { Lesson } from "../../lesson/schema.ts";
import { useStores } from "../context/stores.ts";
import { LANGUAGE } from "./lessonSession.ts";
import { enterRoom } from "./openRoom.ts";
import styles from "./lessons.module.css";

export function LessonList(props: {
  readonly lessons: readonly Lesson[];
  readonly onOpened: () => void;
}) {
  const stores = useStores();
  const open = ({ id }: Lesson) => {
    const { locks, hidden, seed } = stores.room.getState();
    props.onOpened();
    enterRoom(stores, { lesson: id, locks, hidden, seed }).catch((error: unknown) =>
      stores.results.getState().refuse(toErrorData(error)),
    );
  };
  return (
    <ol className={styles.list}>
      {props.lessons.map((lesson) => (
        <li key={lesson.id}>
          <button type="button" className={styles.card} onClick={() => open(lesson)}>
            <span className={styles.title}>{said(lesson.title, LANGUAGE)}</span>
            <span className={styles.minutes}>{`${lesson.minutes} min`}</span>
            <span className={styles.summary}>{said(lesson.summary, LANGUAGE)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
