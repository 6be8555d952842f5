/** What a reader drops to have a model of their own opened, and what the lab answers with. */
import type { ModelManifest } from "../model/manifest.ts";
import type { EncoderProposal, ModelNotes } from "./proposal/encoderProposal.ts";

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
