/** Doors into a model's inside, where what runs it has them: states, their gradients, changed weights. */
import type { FloatTensor } from "../tensor/tensor.ts";
import type { Objective } from "./objective.ts";
import type { VisionLanguageModel } from "./visionLanguageModel.ts";

export interface TokenGradient {
  readonly loss: number;
  /** What the answering side reads, [1, T, D]. */
  readonly tokens: FloatTensor;
  /** Of the loss with respect to the tokens, [T * D]. */
  readonly gradient: Float32Array;
}

/** A place inside the model; see src/onnx/stateSites.ts. */
export interface InnerSite {
  /** Unique in the model. */
  readonly id: string;
  readonly part: "encoder" | "answer";
  /** What its block is, in words: "encoder attention 2". */
  readonly label: string;
  readonly role: "stream" | "query" | "key" | "value" | "output";
  readonly block: "stem" | "convolution" | "attention" | "crossAttention" | "mlp" | "connector";
  readonly index: number;
  /** Of one picture and a padded prompt. */
  readonly shape: readonly number[];
  readonly heads: number;
  /** Of an answering side where words and picture share one sequence; without it a site's rows are the prompt's. */
  readonly rows?: SiteRows;
}

/** Whose rows they are, at one site. */
export interface SiteRows {
  /** Of each of the prompt's tokens. */
  readonly words: readonly number[];
  /** Of each of the picture's tokens; empty where they do not stand here. */
  readonly picture: readonly number[];
  /** Whether the picture's rows know nothing of the question. */
  readonly isPictureAlone: boolean;
}

/** The row of a prompt's position. */
export function rowOf({ rows }: Pick<InnerSite, "rows">, position: number): number {
  return rows?.words[position] ?? position;
}

/** The rows of a prompt's words up to a position, the picture's left out. */
export function wordRows({ rows }: Pick<InnerSite, "rows">, position: number): readonly number[] {
  if (!rows) return Array.from({ length: position + 1 }, (_, k) => k);
  const picture = new Set(rows.picture);
  return [...new Set(rows.words.slice(0, position + 1))].filter((row) => !picture.has(row));
}

/** A value put in the place of the model's own, where a mask says so. */
export interface InnerPatch {
  readonly site: string;
  /** As long as the site's shape. */
  readonly value: Float32Array;
  /** Over the site's shape: replaced where above .5; all of it when absent. */
  readonly mask?: Float32Array;
}

export interface InnerRequest {
  readonly image: Float32Array;
  readonly promptIds: readonly number[];
  /** Sites whose values are wanted (as the model makes them, also where they are replaced). */
  readonly read?: readonly string[];
  readonly patches?: readonly InnerPatch[];
  /** Monte Carlo dropout: rate, and which seeded sample. */
  readonly dropout?: { readonly rate: number; readonly seed: number; readonly sample: number };
}

export interface InnerResult {
  /** At the answering position [V]. */
  readonly logits: Float32Array;
  /** By site. Text is padded: positions after the prompt's last say nothing. */
  readonly states: Readonly<Record<string, Float32Array>>;
}

export interface InnerModel extends VisionLanguageModel {
  /** @throws LabError "graph-unsupported-op" for a model whose gradient can't be built */
  tokenGradient(image: Float32Array, objective: Objective): Promise<TokenGradient>;
  /** @throws LabError "graph-*" | "model-incompatible" for a model whose blocks can't be told apart */
  innerSites(): Promise<readonly InnerSite[]>;
  /** A run with its inside open: values read, replaced or thinned out on the way to the answer. */
  innerRun(request: InnerRequest): Promise<InnerResult>;
  /**
   * The same model with some of its weights shuffled, each within its own tensor: those used last, nearest to the answer,
   * first. To be released by whoever asked.
   * @param share of the weight tensors, (0, 1]
   */
  withShuffledWeights(share: number, seed: number): Promise<InnerModel>;
}

export function isInnerModel(model: VisionLanguageModel): model is InnerModel {
  return "tokenGradient" in model;
}
