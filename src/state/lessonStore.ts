/** The open lesson: where the learner is, what was done and chosen, and the work that waits underneath. */
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type { ExperimentSpec } from "../experiment/spec.ts";
import type { Lesson } from "../lesson/schema.ts";
import type { HistoryState } from "./history.ts";
import type { ViewValues } from "./viewStore.ts";

/** The reader's own work, as it was when a lesson was opened over it. */
export interface KeptWork {
  readonly spec: ExperimentSpec;
  readonly view: ViewValues;
  readonly past: readonly { readonly spec?: ExperimentSpec }[];
  readonly future: readonly { readonly spec?: ExperimentSpec }[];
  readonly history: Pick<HistoryState, "past" | "future">;
}

/** What one step has got from the learner: choices in the order tried, the last of them the right one when it is over. */
export interface StepProgress {
  /** The experiment it opened with; null before. */
  readonly scene: ExperimentSpec | null;
  /** What was said of the outcome when the task was done: later changes of the bench do not reword it. */
  readonly outcome: string;
  readonly isDone: boolean;
  readonly predicted: number | null;
  readonly tried: readonly number[];
}

export const NOTHING_YET: StepProgress = {
  scene: null,
  outcome: "",
  isDone: false,
  predicted: null,
  tried: [],
};

export interface LessonValues {
  readonly isListOpen: boolean;
  readonly lesson: Lesson | null;
  /** The number of steps is the last page: what to take home. */
  readonly step: number;
  readonly progress: readonly StepProgress[];
  /** All parts of the rail are wanted, not only those of the step. */
  readonly showsAll: boolean;
  readonly kept: KeptWork | null;
}

export interface LessonSession extends LessonValues {
  set(values: Partial<LessonValues>): void;
  /** Adds to what the learner did in a step. */
  record(step: number, values: Partial<StepProgress>): void;
}

export type LessonStore = StoreApi<LessonSession>;

export const NO_LESSON: LessonValues = {
  isListOpen: false,
  lesson: null,
  step: 0,
  progress: [],
  showsAll: false,
  kept: null,
};

export function createLessonStore(): LessonStore {
  return createStore<LessonSession>()((set) => ({
    ...NO_LESSON,
    set: (values) => set(values),
    record: (step, values) =>
      set(({ progress }) => ({
        progress: progress.map((each, k) => (k === step ? { ...each, ...values } : each)),
      })),
  }));
}
