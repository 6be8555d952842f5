/** The stores and the engine as every component reaches them: one context, narrow selectors. */
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import type { CaseStore, CaseState } from "../../state/caseStore.ts";
import type { EngineLink, EnginePort } from "../../state/connectEngine.ts";
import type { ExperimentState, ExperimentStore } from "../../state/experimentStore.ts";
import type { HistoryStore } from "../../state/history.ts";
import type { LessonSession, LessonStore } from "../../state/lessonStore.ts";
import type { ModelPort, ModelState, ModelStore } from "../../state/modelStore.ts";
import type { PageState, PageStore } from "../../state/pageStore.ts";
import type { ResultState, ResultStore } from "../../state/resultStore.ts";
import type { KeyState, KeyStore } from "../../state/keyStore.ts";
import type { RoomState, RoomStore } from "../../state/roomStore.ts";
import type { LanePort } from "../../state/studyStore.ts";
import type { ViewState, ViewStore } from "../../state/viewStore.ts";
import type { WorklistState, WorklistStore } from "../../state/worklistStore.ts";
import { invariant } from "../../errors/labError.ts";

export interface Stores {
  readonly experiment: ExperimentStore;
  readonly history: HistoryStore;
  readonly results: ResultStore;
  readonly view: ViewStore;
  readonly cases: CaseStore;
  readonly models: ModelStore;
  readonly page: PageStore;
  readonly keys: KeyStore;
  readonly lessons: LessonStore;
  readonly room: RoomStore;
  readonly worklist: WorklistStore;
  readonly engine: EnginePort & ModelPort & LanePort;
  readonly link: Pick<EngineLink, "rerun" | "restart" | "cancel">;
  /** Loads the page anew and loses nothing but the undo history. */
  reload(): void;
}

export const StoresContext = createContext<Stores | null>(null);

export function useStores(): Stores {
  const stores = useContext(StoresContext);
  invariant(stores !== null, "a component outside the bench");
  return stores;
}

export function useExperiment<T>(selector: (state: ExperimentState) => T): T {
  return useStore(useStores().experiment, selector);
}

export function useResults<T>(selector: (state: ResultState) => T): T {
  return useStore(useStores().results, selector);
}

/** Like useResults, for a selector that makes a new object at each call: rerenders only when a value in it changes. */
export function useResultValues<T>(selector: (state: ResultState) => T): T {
  return useStore(useStores().results, useShallow(selector));
}

export function useView<T>(selector: (state: ViewState) => T): T {
  return useStore(useStores().view, selector);
}

export function useModels<T>(selector: (state: ModelState) => T): T {
  return useStore(useStores().models, selector);
}

export function useCases<T>(selector: (state: CaseState) => T): T {
  return useStore(useStores().cases, selector);
}

export function usePage<T>(selector: (state: PageState) => T): T {
  return useStore(useStores().page, selector);
}

export function useKeys<T>(selector: (state: KeyState) => T): T {
  return useStore(useStores().keys, selector);
}

export function useLesson<T>(selector: (state: LessonSession) => T): T {
  return useStore(useStores().lessons, selector);
}

export function useRoom<T>(selector: (state: RoomState) => T): T {
  return useStore(useStores().room, selector);
}

export function useWorklist<T>(selector: (state: WorklistState) => T): T {
  return useStore(useStores().worklist, selector);
}
