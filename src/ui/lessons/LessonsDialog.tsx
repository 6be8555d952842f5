/** Lessons, the blind quiz and blind reading for whoever learns; links and answers of a class for whoever teaches. */
import { useEffect, useState } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { LESSON_IDS } from "../../lesson/catalog.ts";
import type { Lesson } from "../../lesson/schema.ts";
import { useLesson, useStores } from "../context/stores.ts";
import { Dialog } from "../kit/Dialog.tsx";
import { Segments } from "../kit/Segments.tsx";
import { BlindModes } from "./BlindModes.tsx";
import { Collect } from "./Collect.tsx";
import { Instructor } from "./Instructor.tsx";
import { LessonList } from "./LessonList.tsx";
import { fetchLesson } from "./lessonSession.ts";
import styles from "./lessons.module.css";

const TABS = [
  { value: "lessons", shown: "Lessons" },
  { value: "blind", shown: "Blind" },
  { value: "room", shown: "Lead a room" },
  { value: "answers", shown: "Collect answers" },
] as const;
type Tab = (typeof TABS)[number]["value"];

const LEADS: Readonly<Record<Tab, string>> = {
  lessons:
    "Each takes a few minutes and is done with the bench’s own controls. Your own work waits and comes back when you leave.",
  blind: "Read first and be told afterwards, or see whether your eye can tell what an attack did.",
  room: "One link opens the same thing on every screen. Project the code, or hand the link out.",
  answers:
    "At the end of a lesson or quiz a learner gets a code. Paste the codes of your class here; they are read in this tab and sent nowhere.",
};

export function LessonsDialog() {
  const stores = useStores();
  const isOpen = useLesson((s) => s.isListOpen);
  const [tab, setTab] = useState<Tab>("lessons");
  const lessons = useAllLessons();
  const close = () => stores.lessons.getState().set({ isListOpen: false });
  return (
    <Dialog
      opened={isOpen}
      onClose={close}
      size="min(1080px, 96vw)"
      label="Lessons"
      title="Learn and teach"
      closeLabel="Close lessons"
      className={styles.dialog}
    >
      <Segments label="What to do" segments={TABS} value={tab} onChange={setTab} />
      <p className={styles.lead}>{LEADS[tab]}</p>
      {typeof lessons === "string" ? (
        <p className={styles.refused} role="alert">
          {lessons}
        </p>
      ) : (
        <>
          {tab === "lessons" && <LessonList lessons={lessons} onOpened={close} />}
          {tab === "blind" && <BlindModes onOpened={close} />}
          {tab === "room" && <Instructor lessons={lessons} />}
          {tab === "answers" && <Collect lessons={lessons} />}
        </>
      )}
    </Dialog>
  );
}

/** All lessons in order, or the sentence that says why there are none. */
function useAllLessons(): readonly Lesson[] | string {
  const [lessons, setLessons] = useState<readonly Lesson[] | string>([]);
  useEffect(() => {
    let isOver = false;
    Promise.all(LESSON_IDS.map(fetchLesson)).then(
      (all) => !isOver && setLessons(all),
      (error: unknown) => {
        const { message, hint = "" } = toErrorData(error);
        if (!isOver) setLessons(`${message} ${hint}`);
      },
    );
    return () => {
      isOver = true;
    };
  }, []);
  return lessons;
}
