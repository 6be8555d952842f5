/** Messages between the page and the engine worker. A spec goes down, events come up; nothing is queried. */
import type { LabErrorData } from "../errors/labError.ts";
import type { ExperimentSpec, Fidelity } from "../experiment/spec.ts";
import type { RunEvent } from "../experiment/results.ts";
import type { Radiograph } from "../image/radiograph.ts";
import type { EncoderProposal, ModelNotes } from "../model/encoderProposal.ts";
import type { ModelManifest, Precision } from "../model/manifest.ts";

export type BackendName = "webgpu" | "wasm";

export type EngineCommand =
  | {
      readonly type: "start";
      /** Absolute URL of the folder that holds models/. */
      readonly assetsUrl: string;
      /** "auto" measures both where there is an adapter. */
      readonly backend: BackendName | "auto";
    }
  | {
      readonly type: "submit";
      readonly requestId: number;
      readonly spec: ExperimentSpec;
      readonly fidelity: Fidelity;
    }
  | { readonly type: "cancel" }
  /** Registers a reader's own radiograph under its rawSha256. */
  | { readonly type: "addRadiograph"; readonly radiograph: Radiograph }
  /** Asks what the lab makes of a reader's ONNX file; a "proposal" or "proposalFailed" event with its number answers. */
  | { readonly type: "proposeModel"; readonly draft: number; readonly files: OwnModelFiles }
  /** Makes a reader's model known under its manifest's id; it is opened when an experiment names it. */
  | {
      readonly type: "addModel";
      readonly manifest: ModelManifest;
      readonly files: OwnModelFiles;
    };

/** A reader's model as dropped: blobs are handed over by reference and read when needed. */
export interface OwnModelFiles {
  /** File name of the graph. */
  readonly name: string;
  readonly graph: Blob;
  /** Files that may hold external weights, by their path from the graph's folder; read when the graph names them. */
  readonly weights: Readonly<Record<string, Blob>>;
  /** What its folder says about pixels and classes. */
  readonly notes?: ModelNotes;
}

/** What the lab makes of a reader's ONNX file: a manifest to correct, and what was found in the graph. */
export interface OwnModelProposal {
  readonly manifest: ModelManifest;
  readonly proposal: EncoderProposal;
}

export interface BackendInfo {
  readonly backend: BackendName;
  readonly adapter: string | null;
  readonly threads: number;
  readonly crossOriginIsolated: boolean;
  readonly modelId: string;
  readonly precision: Precision;
  readonly modelSha256: string;
  /** Median of a few forward passes of the vision graph at load, in milliseconds. */
  readonly forwardMs: number;
  /** The parity self-test: agreement with the stored reference; null where the model has none. */
  readonly parity: null | {
    readonly ok: boolean;
    readonly cosine: number;
    readonly answerAgrees: boolean;
    readonly maxLogitDifference: number;
  };
  /** Why this backend was taken, in one sentence. */
  readonly reason: string;
}

export type EngineEvent =
  | {
      readonly type: "loading";
      readonly file: string;
      readonly loadedBytes: number;
      readonly totalBytes: number;
      readonly fromCache: boolean;
    }
  | { readonly type: "phase"; readonly label: string }
  | { readonly type: "ready"; readonly info: BackendInfo }
  | { readonly type: "proposal"; readonly draft: number; readonly proposed: OwnModelProposal }
  | { readonly type: "proposalFailed"; readonly draft: number; readonly error: LabErrorData }
  | { readonly type: "run"; readonly requestId: number; readonly event: RunEvent }
  | { readonly type: "done"; readonly requestId: number; readonly elapsedMs: number }
  | { readonly type: "failed"; readonly requestId: number | null; readonly error: LabErrorData }
  /** Sent at least every second while the worker lives; the watchdog outside listens for it. */
  | { readonly type: "heartbeat"; readonly busy: boolean };
