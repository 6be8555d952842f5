/**
 * What was asked: the experiment spec with undo and redo. Everything that decides a result lives here and nowhere else.
 * A gesture (a slider drag, a brush stroke) is one entry of the history, however many values it passes through.
 */
import { temporal } from "zundo";
import type { TemporalState } from "zundo";
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { canonicalJson } from "../host/canonicalJson.ts";

export interface ExperimentState {
  readonly spec: ExperimentSpec;
  /** True while a pointer holds a slider or the brush: results may be previews. Not part of the history. */
  readonly gesture: boolean;
  /** Replaces the spec; the same object again is no edit. */
  edit(change: (spec: ExperimentSpec) => ExperimentSpec): void;
  /** Replaces the spec and forgets the history: another case from a link. */
  open(spec: ExperimentSpec): void;
  /** Replaces the spec as an edit does, past any lock: a lesson that sets its own scene. */
  arrange(spec: ExperimentSpec): void;
  /** Takes the last edit back or makes it again, less what is locked by now. */
  walk(way: "undo" | "redo"): void;
  beginGesture(): void;
  endGesture(): void;
}

export type ExperimentStore = StoreApi<ExperimentState> & {
  readonly temporal: StoreApi<TemporalState<Pick<ExperimentState, "spec">>>;
};

const HISTORY_LIMIT = 200;

/** What may be edited: returns the edited spec, less what is locked. */
export type EditGuard = (next: ExperimentSpec, before: ExperimentSpec) => ExperimentSpec;

export function createExperimentStore(
  initial: ExperimentSpec,
  guard: EditGuard = (next) => next,
): ExperimentStore {
  /** Whether the running gesture already has its entry in the history. */
  let recorded = false;
  const store = createStore<ExperimentState>()(
    temporal(
      (set, get) => ({
        spec: initial,
        gesture: false,
        edit: (change) => {
          const before = get().spec;
          const spec = guard(change(before), before);
          if (spec !== before) set({ spec });
        },
        open: (spec) => {
          set({ spec, gesture: false });
          store.temporal.getState().clear();
        },
        arrange: (spec) => set({ spec }),
        walk: (way) => {
          const before = get().spec;
          const { pause, resume, [way]: go } = store.temporal.getState();
          go();
          const spec = guard(get().spec, before);
          if (spec === get().spec) return;
          pause();
          set({ spec });
          resume();
        },
        beginGesture: () => {
          recorded = false;
          if (!get().gesture) set({ gesture: true });
        },
        endGesture: () => {
          if (recorded) leaveOutIfEmpty();
          recorded = false;
          if (get().gesture) set({ gesture: false });
        },
      }),
      {
        limit: HISTORY_LIMIT,
        partialize: ({ spec }) => ({ spec }),
        equality: (past, current) => past.spec === current.spec,
        handleSet: (handleSet) => (past, replace, current, delta) => {
          if (store.getState().gesture) {
            if (recorded) return;
            recorded = true;
          }
          (handleSet as (...args: unknown[]) => void)(past, replace, current, delta);
        },
      },
    ),
  );
  /** A drag that ended where it began, or a dab that a second finger took back, is no step of the history. */
  function leaveOutIfEmpty(): void {
    const { pastStates, pause, resume } = store.temporal.getState();
    const began = pastStates.at(-1)?.spec;
    if (!began || canonicalJson(began) !== canonicalJson(store.getState().spec)) return;
    pause();
    store.setState({ spec: began });
    resume();
    store.temporal.setState({ pastStates: pastStates.slice(0, -1) });
  }
  return store;
}
