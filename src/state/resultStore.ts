/**
 * What came back: the newest payload of every stage with the request and the spec key that made it. Events of older
 * requests are dropped, and what no longer answers the current request is `stale`: shown dimmed, never mislabelled.
 */
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type { BackendInfo, BackendWish, EngineEvent } from "../engine/protocol.ts";
import type { LabErrorData } from "../errors/labError.ts";
import type { RunEvent, StageName, StageResults } from "../experiment/results.ts";
import type { ExperimentSpec, Fidelity } from "../experiment/spec.ts";

export interface StageEntry<S extends StageName = StageName> {
  readonly payload: StageResults[S];
  readonly key: string;
  readonly partial: boolean;
  readonly requestId: number;
  /** The experiment it was computed for. */
  readonly spec: ExperimentSpec;
}

export type StageEntries = { readonly [S in StageName]?: StageEntry<S> };
export type ProgressEvent = Extract<RunEvent, { type: "progress" }>;

export interface LiveTrace {
  readonly itemId: string;
  readonly lossName: string;
  readonly lossUnit: string;
  readonly loss: readonly number[];
  readonly bestLoss: readonly number[];
}

export interface LoadingFile {
  readonly file: string;
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly fromCache: boolean;
}

export interface ResultState {
  /** Newest submitted request; 0 before the first. */
  readonly requestId: number;
  readonly fidelity: Fidelity;
  /** What the newest request asked; null before the first. */
  readonly spec: ExperimentSpec | null;
  readonly stages: StageEntries;
  readonly progress: ProgressEvent | null;
  /** Loss by step of the attack that is running now; null between attacks. */
  readonly liveTrace: LiveTrace | null;
  /** Model files by name while they load. */
  readonly loading: Readonly<Record<string, LoadingFile>>;
  readonly phase: string;
  /** The model that was made ready last; `currentBackend` says whether it is the one that is asked now. */
  readonly backend: BackendInfo | null;
  /** What the engine was started with. */
  readonly wish: BackendWish;
  /** Why WebGPU can't be chosen here, as a sentence; null where it can, or while that is not known. */
  readonly webGpuObstacle: string | null;
  /** The run or engine that failed last; cleared by the next result or by the reader. */
  readonly error: LabErrorData | null;
  /** The file, link or model that the page refused last; results of a run under way leave it standing. */
  readonly refusal: LabErrorData | null;
  readonly busy: boolean;
  readonly cancelled: boolean;
  readonly elapsedMs: number | null;
  /** A new request went out. */
  submitted(requestId: number, fidelity: Fidelity, spec: ExperimentSpec): void;
  apply(event: EngineEvent): void;
  applyAll(events: readonly EngineEvent[]): void;
  /** The reader stopped the run; what is on screen stays, and stays marked as far as it is stale. */
  stopped(): void;
  refuse(error: LabErrorData): void;
  dismissRefusal(): void;
  dismissError(): void;
}

export type ResultStore = StoreApi<ResultState>;

type Data = Pick<
  ResultState,
  | "requestId"
  | "fidelity"
  | "spec"
  | "stages"
  | "progress"
  | "liveTrace"
  | "loading"
  | "phase"
  | "backend"
  | "wish"
  | "webGpuObstacle"
  | "error"
  | "refusal"
  | "busy"
  | "cancelled"
  | "elapsedMs"
>;

export function createResultStore(): ResultStore {
  return createStore<ResultState>()((set) => ({
    requestId: 0,
    fidelity: "full",
    spec: null,
    stages: {},
    progress: null,
    liveTrace: null,
    loading: {},
    phase: "",
    backend: null,
    wish: "auto",
    webGpuObstacle: null,
    error: null,
    refusal: null,
    busy: false,
    cancelled: false,
    elapsedMs: null,
    submitted: (requestId, fidelity, spec) =>
      set((state) =>
        requestId > state.requestId
          ? {
              requestId,
              fidelity,
              spec,
              stages: !isSameModel(state.spec, spec)
                ? withoutModel(state.stages)
                : isSameFilm(state.spec, spec)
                  ? state.stages
                  : withoutAnswers(state.stages),
              busy: true,
              cancelled: false,
              progress: null,
              liveTrace: null,
            }
          : state,
      ),
    apply: (event) => set((state) => reduce(state, event)),
    applyAll: (events) => set((state) => events.reduce<Data>(reduce, state)),
    stopped: () =>
      set(({ busy }) => ({ busy: false, cancelled: busy, progress: null, liveTrace: null })),
    refuse: (refusal) => set({ refusal }),
    dismissRefusal: () => set({ refusal: null }),
    dismissError: () => set({ error: null }),
  }));
}

/** The state after one event; the same object when the event is old or says nothing new. */
function reduce<T extends Data>(state: T, event: EngineEvent): T {
  switch (event.type) {
    case "starting":
      // The same model on another backend gives other digits: none of the old ones may pass as the new engine's.
      return {
        ...state,
        wish: event.wish,
        backend: null,
        loading: {},
        phase: "",
        stages: withoutModel(state.stages),
      };
    case "webGpu":
      return { ...state, webGpuObstacle: event.obstacle };
    case "loading": {
      const { file, loadedBytes, totalBytes, fromCache } = event;
      const loading = { ...state.loading, [file]: { file, loadedBytes, totalBytes, fromCache } };
      return { ...state, loading };
    }
    case "phase":
      return { ...state, phase: event.label };
    case "ready":
      return { ...state, backend: event.info, loading: {}, phase: "" };
    case "run":
      return event.requestId === state.requestId ? afterRun(state, event.event) : state;
    case "done":
      return event.requestId === state.requestId
        ? { ...state, busy: false, progress: null, liveTrace: null, elapsedMs: event.elapsedMs }
        : state;
    case "failed": {
      if (event.requestId !== null && event.requestId !== state.requestId) return state;
      const stopped = { ...state, busy: false, progress: null, liveTrace: null, elapsedMs: null };
      // The reader asked for it: the dimmed results say enough.
      if (event.error.code === "cancelled") return { ...stopped, cancelled: true };
      // The page says what it waits for, where it can be opened.
      if (event.error.code === "not-open") return { ...stopped, error: null };
      return { ...stopped, error: event.error };
    }
  }
}

function afterRun<T extends Data>(state: T, event: RunEvent): T {
  if (event.type === "progress") {
    // Late news of a run that the reader stopped.
    if (!state.busy) return state;
    return { ...state, progress: event, liveTrace: grownTrace(state.liveTrace, event) };
  }
  if (!state.spec) return state;
  const entry = {
    spec: state.spec,
    payload: event.payload,
    key: event.key,
    partial: event.partial,
    requestId: state.requestId,
  };
  const isAttackOver = event.stage === "disturbed" && !event.partial;
  return {
    ...state,
    stages: { ...state.stages, [event.stage]: entry },
    error: null,
    ...(isAttackOver ? { progress: null, liveTrace: null } : {}),
  };
}

function grownTrace(trace: LiveTrace | null, { attack }: ProgressEvent): LiveTrace | null {
  if (!attack) return trace;
  const { itemId, lossName, lossUnit, loss, bestLoss } = attack;
  const before = trace?.itemId === itemId ? trace : { loss: [], bestLoss: [] };
  return {
    itemId,
    lossName,
    lossUnit,
    loss: [...before.loss, loss],
    bestLoss: [...before.bestLoss, bestLoss],
  };
}

function isSameModel(a: ExperimentSpec | null, b: ExperimentSpec): boolean {
  return a?.model.id === b.model.id && a.model.precision === b.model.precision;
}

/**
 * What stays when another model is asked: the film. A changed setting leaves the old results dimmed for a moment; those
 * of another model would say something about a model that has not been asked yet.
 */
function withoutModel({ input }: StageEntries): StageEntries {
  return input ? { input } : {};
}

/** Phantoms are one film that is changed by sliders; a reader's film is another than any phantom and any other film. */
function isSameFilm(a: ExperimentSpec | null, b: ExperimentSpec): boolean {
  const [before, after] = [a?.case, b.case];
  if (before?.kind === "file" && after.kind === "file") return before.sha256 === after.sha256;
  return before?.kind === after.kind;
}

/**
 * What stays when another film is opened: the old picture, dimmed, and what was found out about the model. An answer about another
 * patient must not stand beside the name of this one, however short.
 */
function withoutAnswers({ input, graphs, gradientCheck }: StageEntries): StageEntries {
  return {
    ...(input ? { input } : {}),
    ...(graphs ? { graphs } : {}),
    ...(gradientCheck ? { gradientCheck } : {}),
  };
}

/** Where the model of the newest request runs; null until that very model is ready. */
export function currentBackend({
  backend,
  spec,
}: Pick<ResultState, "backend" | "spec">): BackendInfo | null {
  if (!backend || !spec) return backend;
  const { id, precision } = spec.model;
  return backend.modelId === id && backend.precision === precision ? backend : null;
}

/** Whether a stage's result was made for an older request than the newest one. */
export function isStale(
  state: Pick<ResultState, "stages" | "requestId">,
  stage: StageName,
): boolean {
  const entry = state.stages[stage];
  return entry !== undefined && entry.requestId !== state.requestId;
}
