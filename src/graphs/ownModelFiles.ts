/** What a reader drops to have a model of their own opened, and what the lab answers with. */
import type { ModelManifest } from "../model/manifest.ts";
import type { Obstacle } from "../onnx/check.ts";
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

/** A folder, a zip's contents or files picked together that are one vision-language model. */
export interface OwnFolderFiles {
  /** By path, "/" between folders; read when needed. */
  readonly folder: Readonly<Record<string, Blob>>;
}

/** What a reader says otherwise than the lab found in a folder. */
export interface FolderCorrection {
  /** Ending of the graphs' names, such as "q4". */
  readonly form?: string | undefined;
  /** Path of the graph of each part that the names do not tell rightly. */
  readonly graphs?: Readonly<Record<string, string>> | undefined;
  /** By answer, what is counted as it. */
  readonly spoken?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** One graph of the chain from picture to answer. */
export interface ChainPart {
  readonly part: string;
  /** What it does, as "Vision encoder and connector". */
  readonly label: string;
  readonly path: string;
  readonly form: string;
  /** Of the graph and the weights beside it. */
  readonly bytes: number;
  /** What it makes of what, with sizes. */
  readonly makes: string;
  /** Layers whose attention is shown. */
  readonly layers: number;
  /** Operators on the way from the picture that have no gradient, each with the reason. */
  readonly obstacles: readonly Obstacle[];
}

/** What the lab makes of a reader's folder: a manifest to correct, and what was found. */
export interface FolderProposal {
  readonly manifest: ModelManifest;
  readonly chain: readonly ChainPart[];
  /** Forms that some graph comes in, the fullest first. */
  readonly forms: readonly string[];
  /** Every ONNX file of the folder. */
  readonly paths: readonly string[];
  readonly memory: FolderMemory;
  /** A question as the model is given it. */
  readonly asks: string;
  /** True where operators round activations, so that a gradient passes them straight through. */
  readonly hasStandIns: boolean;
  /** One sentence each: what is done otherwise, and what this model cannot be asked. */
  readonly notices: readonly string[];
}

/** Bytes that are held, by what is asked. */
export interface FolderMemory {
  /** Weights, to answer. */
  readonly answer: number;
  /** More for an attack or an explanation by gradients: the weights once more, and the values that the way back reads. */
  readonly gradient: number;
  /** More for words of its own, whose decoder keeps what it has read. */
  readonly text: number;
  /** Keys and values of the longest text with its prompt; none for a model that writes nothing or keeps none. */
  readonly cache: { readonly tokens: number; readonly bytes: number };
  /** What a tab holds in all. */
  readonly most: number;
}
