/** A lesson's sentence with its numbers as they are on the bench now. */
import { useEffect, useState } from "react";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import type { LessonState } from "../../lesson/lessonState.ts";
import { filled, isComplete, placesOf, said } from "../../lesson/spoken.ts";
import type { Spoken } from "../../lesson/spoken.ts";
import { useResults, useStores } from "../context/stores.ts";
import { translated } from "../locale/locale.ts";
import { LANGUAGE, lessonState } from "./lessonSession.ts";
import styles from "./lesson.module.css";

export function LiveText(props: {
  readonly text: Spoken;
  /** The experiment that the sentence is about; while another one is on the bench it stays as it was. */
  readonly about?: ExperimentSpec | null | undefined;
}) {
  const { text, about } = props;
  const stores = useStores();
  const words = said(text, LANGUAGE);
  const [shown, setShown] = useState(() => readOff(words, lessonState(stores)));
  const isStopped = useResults((s) => s.cancelled);
  useEffect(() => {
    if (placesOf(words).length === 0) return;
    const look = () => {
      if (about && stores.experiment.getState().spec !== about) return;
      const now = readOff(words, lessonState(stores));
      setShown((old) => (old.text === now.text && old.isWhole === now.isWhole ? old : now));
    };
    look();
    const ends = [stores.results.subscribe(look), stores.experiment.subscribe(look)];
    return () => ends.forEach((end) => end());
  }, [stores, words, about]);
  return (
    <p className={styles.text}>
      {shown.text}
      {!shown.isWhole && (
        <span className={styles.pending}>
          {isStopped
            ? "What “…” stands for was not computed: the run was stopped."
            : "What “…” stands for is being computed."}
        </span>
      )}
    </p>
  );
}

function readOff(words: string, state: LessonState) {
  return { text: filled(words, state, translated), isWhole: isComplete(words, state) };
}
