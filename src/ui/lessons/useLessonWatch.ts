/** Notes when the state of the bench is what the open step waits for, by whatever way it got there. */
import { useEffect } from "react";
import { holds } from "../../lesson/condition.ts";
import { filled, isComplete, said } from "../../lesson/spoken.ts";
import { useStores } from "../context/stores.ts";
import { translated } from "../locale/locale.ts";
import { LANGUAGE, lessonState, phaseOf } from "./lessonSession.ts";

export function useLessonWatch(): void {
  const stores = useStores();
  useEffect(() => {
    const { experiment, results, view, lessons } = stores;
    const look = () => {
      const { lesson, step: index, progress, record } = lessons.getState();
      const step = lesson?.steps[index];
      const made = progress[index];
      if (!step?.task || !made || phaseOf(step, made) !== "task") return;
      const state = lessonState(stores);
      const outcome = said(step.task.after, LANGUAGE);
      // A learner may be done before the last number that the sentence names has come.
      if (!holds(step.task.done, state) || !isComplete(outcome, state)) return;
      record(index, { isDone: true, outcome: filled(outcome, state, translated) });
    };
    const ends = [experiment, results, view, lessons].map((store) =>
      (store as { subscribe(listener: () => void): () => void }).subscribe(look),
    );
    look();
    return () => ends.forEach((end) => end());
  }, [stores]);
}
