/** The study of this tab as the page shows it: what is asked, the rows so far, and how far it is. */
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type { BackendName, EngineEvent, FormAgreement, FormRequest } from "../engine/protocol.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import type { Radiograph } from "../image/radiograph.ts";
import type { LabErrorData } from "../errors/labError.ts";
import type { Look } from "../model/visionLanguageModel.ts";
import type { Row } from "../study/rowColumns.ts";
import type { Study } from "../study/schema.ts";

/** What studies need of an engine of their own. */
export interface LaneEngine {
  start(wish: BackendName): void;
  submit(spec: ExperimentSpec, fidelity: "full", look?: Look): number;
  cancel(): void;
  hold(isHeld: boolean): void;
  restart(): void;
  addRadiograph(radiograph: Radiograph): void;
  formsOf(model: string): Promise<readonly string[]>;
  readForm(request: FormRequest): Promise<FormAgreement>;
  dispose(): void;
}

/** What they need of the engine client. */
export interface LanePort {
  background(handlers: { onEvent(event: EngineEvent): void }): LaneEngine;
}

export interface StudyState {
  readonly study: Study | null;
  readonly rows: readonly Row[];
  readonly phase: "idle" | "running" | "pausing" | "paused" | "done";
  /** Rows that the study asks for. */
  readonly total: number;
  /** Seconds left by the rate so far; null before the first row. */
  readonly secondsLeft: number | null;
  readonly error: LabErrorData | null;
  set(values: Partial<Omit<StudyState, "set">>): void;
}

export type StudyStore = StoreApi<StudyState>;

export function createStudyStore(): StudyStore {
  return createStore<StudyState>()((set) => ({
    study: null,
    rows: [],
    phase: "idle",
    total: 0,
    secondsLeft: null,
    error: null,
    set: (values) => set(values),
  }));
}

export function useStudyState(store: StudyStore): StudyState {
  return useStore(store);
}
