/** What passes between the page and the engine's worker: a spec goes down, events come up; nothing is queried. */
import type { LabErrorData } from "../errors/labError.ts";
import type { ExperimentSpec, Fidelity } from "../experiment/spec.ts";
import type { EmbedSubject, NoisyCopies } from "../experiment/labContext.ts";
import type { RunEvent } from "../experiment/results.ts";
import type { Radiograph } from "../image/radiograph.ts";
import type {
  ChainPart,
  FolderCorrection,
  FolderProposal,
  OwnFolderFiles,
  OwnModelFiles,
  OwnModelProposal,
} from "../graphs/ownModelFiles.ts";
import type { FormAgreement } from "./agreement.ts";
import type { ParityReport } from "../graphs/parity.ts";
import type { ModelManifest, Precision } from "../model/manifest.ts";
import type { Look } from "../model/visionLanguageModel.ts";

export type {
  ChainPart,
  FormAgreement,
  FolderCorrection,
  FolderProposal,
  OwnFolderFiles,
  OwnModelFiles,
  OwnModelProposal,
};

export type BackendName = "webgpu" | "wasm";
/** What the reader asks for; "auto" measures both where there is an adapter worth it. */
export type BackendWish = BackendName | "auto";

export interface EngineSettings {
  /** Absolute URL of the folder that holds models/. */
  readonly assetsUrl: string;
  readonly wish: BackendWish;
  /** How WebGPU failed in this visit, as a sentence; it is then not tried again by itself. */
  readonly setback?: string;
  /** Threads of WASM at most; absent: all cores but one. */
  readonly threads?: number;
  /** Of an engine that only helps another: nobody reads how fast it is, so no pass is timed. */
  readonly isHelper?: boolean;
}

export interface RunRequest {
  readonly requestId: number;
  readonly spec: ExperimentSpec;
  readonly fidelity: Fidelity;
  /** Keys of stages whose payloads the page has: they are named, not sent again. */
  readonly held: readonly string[];
  /** Said by a study, which reads results at their end alone. */
  readonly look?: Look;
}

export interface EmbedRequest {
  readonly assetsUrl: string;
  readonly subject: EmbedSubject;
  readonly images: readonly Float32Array[];
  /** Their features follow those of the pictures. */
  readonly copies?: NoisyCopies;
}

/** One form of a model on one backend, about one picture. */
export interface FormRequest {
  readonly model: string;
  /** Weights of a bundled package, or the form of a folder's graphs. */
  readonly form: string;
  readonly backend: BackendName;
  readonly question: string;
  /** [size * size], grey in [0, 1]. */
  readonly image: Float32Array;
  /** The first of a comparison: the others are compared with it. */
  readonly isReference: boolean;
}

/** What the engine's worker can be asked. Calls cross by comlink (host/workers.ts); failures are LabErrors. */
export interface EngineService {
  /** Loads runtime and the opening model; ends when it can be asked. `listener` is told of everything from then on. */
  start(settings: EngineSettings, listener: (event: WorkerEvent) => void): Promise<void>;
  /** Newest wins: an older run stops at its next step and then ends with null, as does a cancelled one. */
  run(request: RunRequest): Promise<{ readonly elapsedMs: number } | null>;
  cancel(): void;
  /** Whether it stands still at its next step, between two passes of a graph: for work in the background. */
  hold(isHeld: boolean): void;
  /** Features by the system of an experiment, for another engine that shares the work: it takes nothing from the reader's runs. */
  embed(request: EmbedRequest): Promise<Float32Array[]>;
  /** Registers a reader's own radiograph under its rawSha256. */
  addRadiograph(radiograph: Radiograph): void;
  forgetRadiograph(sha256: string): void;
  /** What the lab makes of a reader's ONNX file. */
  proposeModel(files: OwnModelFiles): Promise<OwnModelProposal>;
  /** What the lab makes of a reader's vision-language model in several graphs. */
  proposeFolder(files: OwnFolderFiles, correction: FolderCorrection): Promise<FolderProposal>;
  /** Makes a reader's model known under its manifest's id; it is opened when an experiment names it. */
  addModel(manifest: ModelManifest, files: OwnModelFiles | OwnFolderFiles): void;
  /** The forms that a model comes in, the fullest first. */
  formsOf(model: string): Promise<readonly string[]>;
  /** What a model says and holds in one form on one backend, against the reference. @throws LabError "graph-*" | "backend-lost" */
  readForm(request: FormRequest): Promise<FormAgreement>;
}

export interface BackendInfo {
  readonly backend: BackendName;
  /** What the reader asked for. */
  readonly wish: BackendWish;
  readonly adapter: string | null;
  readonly threads: number;
  readonly crossOriginIsolated: boolean;
  readonly modelId: string;
  readonly precision: Precision;
  readonly modelSha256: string;
  /** Median of a few forward passes of the vision graph at load, in milliseconds. */
  readonly forwardMs: number;
  /** The parity self-test: agreement with the stored reference; null where the model has none. */
  readonly parity: ParityReport | null;
  /** Why this backend was taken, in one sentence. */
  readonly reason: string;
}

/**
 * A result on its way to the page: a payload the page has is left out, and so are pictures too close in time. A picture in whole grey
 * levels crosses as bytes (payloads.ts).
 */
export type SentRunEvent =
  | Extract<RunEvent, { type: "stage" }>
  | Omit<Extract<RunEvent, { type: "stage" }>, "payload">
  | SentProgress;

export type Progress = Extract<RunEvent, { type: "progress" }>;
type SentProgress = Omit<Progress, "attack"> & {
  readonly attack?: Omit<NonNullable<Progress["attack"]>, "image"> & {
    /** Grey levels of 255 as bytes, where it is made of such. */
    readonly image?: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
  };
};

/** News of loading, from the worker as the page shows it. */
type LoadingEvent =
  /** Why WebGPU can't be chosen in this browser, as a sentence; null where it can. */
  | { readonly type: "webGpu"; readonly obstacle: string | null }
  | {
      readonly type: "loading";
      readonly file: string;
      readonly loadedBytes: number;
      readonly totalBytes: number;
      readonly fromCache: boolean;
    }
  | { readonly type: "phase"; readonly label: string }
  | { readonly type: "ready"; readonly info: BackendInfo };

/** What the worker tells its listener. */
export type WorkerEvent =
  | LoadingEvent
  | { readonly type: "run"; readonly requestId: number; readonly event: SentRunEvent }
  /** Sent at least every second while the worker lives; the watchdog outside listens for it. */
  | { readonly type: "heartbeat"; readonly busy: boolean };

/** What the page hears of its engine. */
export type EngineEvent =
  | LoadingEvent
  /** A fresh worker: nothing of the one before it can be relied on. */
  | { readonly type: "starting"; readonly wish: BackendWish }
  | { readonly type: "run"; readonly requestId: number; readonly event: RunEvent }
  | { readonly type: "done"; readonly requestId: number; readonly elapsedMs: number }
  | { readonly type: "failed"; readonly requestId: number | null; readonly error: LabErrorData };
