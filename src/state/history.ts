/**
 * Undo and redo for every change a reader makes, in the order they were made, whichever store it went to: the experiment's
 * (experimentStore.ts keeps its specs), and what of the view is work rather than navigation: display window, inverting,
 * turning, measurements on the film, the map shown. Zoom, pan, layout and open panels are no changes of anything and stay out.
 */
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type { ExperimentSpec } from "../experiment/spec.ts";
import type { ExperimentStore } from "./experimentStore.ts";
import type { FilmView, ViewStore, ViewValues } from "./viewStore.ts";

type Kept = Pick<ViewValues, "window" | "invert" | "measures" | "attention" | "showMasks"> & {
  readonly film: Pick<FilmView, "turns" | "isMirrored">;
};

/** One change of the view; `stamp` tells the drag or key press it came from. */
interface ViewStep {
  readonly of: "view";
  readonly name: string;
  readonly before: Kept;
  readonly after: Kept;
  readonly stamp: number;
}

interface EditStep {
  readonly of: "experiment";
  readonly name: string;
  readonly before: ExperimentSpec;
  readonly after: ExperimentSpec;
}

type Step = ViewStep | EditStep;

export interface HistoryState {
  readonly past: readonly Step[];
  /** The next to be redone comes last. */
  readonly future: readonly Step[];
  undo(): void;
  redo(): void;
  /** Names the edits that were made before anybody could say how they are called. */
  nameEdits(): void;
}

export type HistoryStore = StoreApi<HistoryState>;

const LIMIT = 200;

/** What the history is told of the page. */
export interface HistoryHost {
  /**
   * Another number for every press of a key, a button or the pointer: all that one drag does to the same thing is one step.
   */
  stamp(): number;
  /** How an edit is called (changeName.ts); "" while nobody can say. */
  nameOf(before: ExperimentSpec, after: ExperimentSpec): string;
}

export function createHistory(
  { experiment, view }: { readonly experiment: ExperimentStore; readonly view: ViewStore },
  { stamp, nameOf }: HistoryHost,
): HistoryStore {
  /** True while a step is taken back or made again: it is no new one. */
  let isMoving = false;
  const moving = (act: () => void) => {
    isMoving = true;
    try {
      act();
    } finally {
      isMoving = false;
    }
  };
  const store = createStore<HistoryState>()((set, get) => ({
    past: [],
    future: [],
    nameEdits: () =>
      set(({ past, future }) => ({ past: past.map(named), future: future.map(named) })),
    undo: () => {
      const step = get().past.at(-1);
      if (!step) return;
      moving(() => {
        if (step.of === "experiment") experiment.getState().walk("undo");
        else show(view, step.before);
      });
      set(({ past, future }) => ({ past: past.slice(0, -1), future: [...future, step] }));
    },
    redo: () => {
      const step = get().future.at(-1);
      if (!step) return;
      moving(() => {
        if (step.of === "experiment") experiment.getState().walk("redo");
        else show(view, step.after);
      });
      set(({ past, future }) => ({ past: [...past, step], future: future.slice(0, -1) }));
    },
  }));
  const named = (step: Step): Step =>
    step.of === "experiment" && step.name === ""
      ? { ...step, name: nameOf(step.before, step.after) }
      : step;
  const add = (step: Step) =>
    store.setState(({ past }) => ({ past: [...past, step].slice(-LIMIT), future: [] }));

  experiment.temporal.subscribe(({ pastStates, futureStates }, before) => {
    if (isMoving) return;
    const isLess = pastStates.length === before.pastStates.length - 1;
    if (isLess && experiment.getState().gesture) {
      // A gesture that changed nothing in the end.
      store.setState(({ past }) => ({ past: past.slice(0, -1) }));
      return;
    }
    if (pastStates.length === 0 && futureStates.length === 0) {
      // Another experiment was opened: nothing before it can be gone back to.
      store.setState({ past: [], future: [] });
      return;
    }
    const last = pastStates.at(-1);
    if (!last?.spec || last === before.pastStates.at(-1) || futureStates.length > 0) return;
    // The edit itself has been made; a drag is called by its first.
    const to = experiment.getState().spec;
    add({ of: "experiment", name: nameOf(last.spec, to), before: last.spec, after: to });
  });
  view.subscribe((state, before) => {
    if (isMoving) return;
    const names = NAMED.filter(({ part }) => part(state) !== part(before)).map(({ name }) => name);
    if (names.length === 0) return;
    const name = names.length > 1 ? "view" : names[0]!;
    const last = store.getState().past.at(-1);
    const step: ViewStep = {
      of: "view",
      name,
      before: keptOf(before),
      after: keptOf(state),
      stamp: stamp(),
    };
    if (last?.of === "view" && last.stamp === step.stamp && last.name === name) {
      // A drag that came back to where it began is no step.
      const isEmpty = JSON.stringify(last.before) === JSON.stringify(step.after);
      store.setState(({ past }) => ({
        past: [...past.slice(0, -1), ...(isEmpty ? [] : [{ ...step, before: last.before }])],
        future: [],
      }));
    } else add(step);
  });
  return store;
}

/** What is kept of the view, and how a change of it is called; a primitive or the store's own object each. */
const NAMED: readonly { readonly name: string; part(values: ViewValues): unknown }[] = [
  { name: "display window", part: ({ window }) => window },
  { name: "inverting", part: ({ invert }) => invert },
  { name: "measurement on the film", part: ({ measures }) => measures },
  { name: "turning", part: ({ film }) => `${film.turns} ${film.isMirrored}` },
  { name: "attention shown", part: ({ attention }) => attention },
  { name: "outlines shown", part: ({ showMasks }) => showMasks },
];

function keptOf({ window, invert, measures, film, attention, showMasks }: ViewValues): Kept {
  const { turns, isMirrored } = film;
  return { window, invert, measures, attention, showMasks, film: { turns, isMirrored } };
}

function show(view: ViewStore, { film, ...kept }: Kept): void {
  view.setState((state) => ({ ...kept, film: { ...state.film, ...film } }));
}
