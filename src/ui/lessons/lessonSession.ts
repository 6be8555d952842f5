/** Opening a lesson, walking through it and leaving it again. The reader's own work waits underneath and comes back as it was. */
import type { StageName, StageResults } from "../../experiment/results.ts";
import { LabError } from "../../errors/labError.ts";
import { LESSON_IDS } from "../../lesson/catalog.ts";
import { namedResults } from "../../lesson/lessonState.ts";
import type { LessonState } from "../../lesson/lessonState.ts";
import { startSpec, viewChanges, withChanges } from "../../lesson/lessonSpec.ts";
import { parseLesson } from "../../lesson/schema.ts";
import type { Lesson, LessonChange, LessonStep } from "../../lesson/schema.ts";
import { NOTHING_YET, NO_LESSON } from "../../state/lessonStore.ts";
import type { KeptWork, StepProgress } from "../../state/lessonStore.ts";
import type { ResultState, StageEntry } from "../../state/resultStore.ts";
import { DEFAULT_VIEW } from "../../state/viewStore.ts";
import type { Stores } from "../context/stores.ts";
import { sharedView, viewFromLink } from "../share/sharedView.ts";

type Bench = Pick<Stores, "experiment" | "history" | "results" | "view" | "lessons">;

/** Language of the lesson's words: the page's own. */
export const LANGUAGE = document.documentElement.lang || "en";

/** @throws LabError "not-found" where the server does not have it, "spec-invalid" for a file that is no lesson. */
export async function fetchLesson(id: string): Promise<Lesson> {
  const response = await fetch(new URL(`lessons/${id}.json`, document.baseURI)).catch(() => null);
  if (!response?.ok) {
    throw new LabError("not-found", `The lesson "${id.slice(0, 40)}" could not be loaded.`, {
      hint: `There are these: ${LESSON_IDS.join(", ")}.`,
    });
  }
  return parseLesson(await response.json());
}

/** Puts a lesson on the bench at one of its steps. */
export function openLesson(bench: Bench, lesson: Lesson, step = 0): void {
  const { experiment, lessons, results, view } = bench;
  const kept = lessons.getState().kept ?? workOf(bench);
  results.getState().dismissRefusal();
  lessons.getState().set({
    ...NO_LESSON,
    lesson,
    kept,
    progress: lesson.steps.map(() => NOTHING_YET),
  });
  view.getState().set({ ...DEFAULT_VIEW, ...keptHabits(kept), openedLink: null });
  look(view, lesson.start);
  experiment.getState().open(startSpec(lesson));
  const last = Math.min(step, lesson.steps.length);
  for (let k = 0; k <= last; k++) goTo(bench, k);
}

/** What of the view is a reader's habit and not part of a scene. */
function keptHabits({ view }: KeptWork) {
  const { brush, colorMap, overlayOpacity, cornerText } = view;
  return { brush, colorMap, overlayOpacity, cornerText };
}

function workOf({ experiment, history, view }: Bench): KeptWork {
  const { past, future } = history.getState();
  const { pastStates, futureStates } = experiment.temporal.getState();
  return {
    spec: experiment.getState().spec,
    view: view.getState(),
    past: pastStates,
    future: futureStates,
    history: { past, future },
  };
}

/** Back to the reader's own experiment, with its view and its history. */
export function leaveLesson({ experiment, history, lessons, view }: Bench): void {
  const { kept } = lessons.getState();
  lessons.getState().set(NO_LESSON);
  if (!kept) return;
  view.getState().set(kept.view);
  experiment.getState().open(kept.spec);
  experiment.temporal.setState({ pastStates: [...kept.past], futureStates: [...kept.future] });
  history.setState(kept.history);
}

/** Opens a step; its scene is set the first time. */
export function goTo(bench: Bench, step: number): void {
  const { lesson, progress, record, set } = bench.lessons.getState();
  if (!lesson) return;
  const opened = lesson.steps[step];
  set({ step });
  if (!opened || progress[step]?.scene) return;
  apply(bench, opened.opens);
  record(step, { scene: bench.experiment.getState().spec });
}

/** Does what the step asks for, for a learner who does not find the way. */
export function showHow(bench: Bench): void {
  const { lesson, step } = bench.lessons.getState();
  const task = lesson?.steps[step]?.task;
  if (task) apply(bench, task.how);
}

function apply({ experiment, view }: Bench, changes: readonly LessonChange[]): void {
  look(view, changes);
  const { spec, arrange } = experiment.getState();
  const next = withChanges(spec, changes);
  if (next !== spec) arrange(next);
}

/** What of the changes is about the view. */
function look(view: Bench["view"], changes: readonly LessonChange[]): void {
  const shown = viewChanges(changes);
  if (Object.keys(shown).length === 0) return;
  view.getState().set(viewFromLink({ ...sharedView(view.getState()), ...shown }));
}

/** The state that conditions look at: only results that belong to the experiment as it is now. */
export function lessonState(bench: Pick<Bench, "experiment" | "results" | "view">): LessonState {
  const { spec } = bench.experiment.getState();
  const stages = freshStages(bench.results.getState(), spec);
  return { spec, results: namedResults(stages), view: sharedView(bench.view.getState()) };
}

function freshStages({ stages }: ResultState, spec: LessonState["spec"]): Partial<StageResults> {
  const entries = Object.entries(stages) as [StageName, StageEntry][];
  return Object.fromEntries(
    entries
      // A guarantee is valid at every count; other drafts are superseded.
      .filter(([name, entry]) => entry.spec === spec && (!entry.partial || name === "certificate"))
      .map(([name, entry]) => [name, entry.payload]),
  ) as Partial<StageResults>;
}

/** Where a learner stands within a step: one thing at a time. */
export function phaseOf(
  step: LessonStep,
  progress: StepProgress,
): "predict" | "task" | "question" | "over" {
  if (step.predict && progress.predicted === null) return "predict";
  if (step.task && !progress.isDone) return "task";
  if (step.question && !isAnswered(step, progress)) return "question";
  return "over";
}

export function isAnswered({ question }: LessonStep, { tried }: StepProgress): boolean {
  return tried.some((choice) => question?.choices[choice]?.right === true);
}
