/**
 * What the lab needs from a loaded model, whatever runs it (onnxruntime-web in a worker, onnxruntime-node headless).
 * Images are size*size grey values in [0,1], white = dense, in model space.
 */
import type { Captioning } from "./captioning.ts";
import type { FloatTensor } from "../tensor/tensor.ts";
import type { ModelManifest, Precision } from "./manifest.ts";
import type { AnswerObjective, LossGradient, Objective } from "./objective.ts";

/** Attention of one layer as maps over a grid on the image; each head's map sums to 1 over the grid. */
export interface AttentionLayer {
  /** Tap name in its own graph, for the record: encoder and head may use the same name. */
  readonly tap: string;
  /**
   * "self": how much each image token is attended to, averaged over queries. "pool": by the encoder's pooling head.
   * "cross": by the answering position.
   */
  readonly kind: "self" | "pool" | "cross";
  /** Position among the layers of its kind. */
  readonly layer: number;
  readonly heads: number;
  /** Rows and columns; layers of a hierarchical encoder differ. */
  readonly grid: readonly [number, number];
  /** [heads, rows * columns], each head sums to 1. */
  readonly maps: Float32Array;
}

/** Full self-attention of one layer, head-averaged: [T, T], rows sum to 1 (for rollout). */
export type AttentionMatrix = Float32Array;

/** What is wanted of a look at a picture. Attention over all tokens is megabytes a look, which a table of answers never reads. */
export interface Look {
  readonly maps: boolean;
}

export interface Encoding {
  /** Unit-norm image embedding [E]. */
  readonly embedding: Float32Array;
  /** [1, T, D]. */
  readonly tokens: FloatTensor;
  /** Of the encoder: self-attention, then its pooling heads'. */
  readonly attention: readonly AttentionLayer[];
  /** Empty for an encoder with a layer in which tokens do not see the whole image. */
  readonly selfAttentionMatrices: readonly AttentionMatrix[];
}

export interface AnswerLogits {
  /** Next-token logits at the answering position [V]. */
  readonly logits: Float32Array;
  readonly crossAttention: readonly AttentionLayer[];
}

/** What a model has written so far. */
export interface SpeechStep {
  readonly text: string;
  readonly ids: readonly number[];
}

/** What a model wrote, and why it stopped: by itself, or because its budget of tokens was spent. */
export interface Said extends SpeechStep {
  readonly stopped: "end" | "budget";
}

/**
 * The likeliest tokens behind a prompt, one after the other.
 * @param tokens of the picture, [1, T, D]
 */
export type Say = (
  tokens: FloatTensor,
  promptIds: readonly number[],
  limits: { readonly maxTokens: number },
) => AsyncGenerator<SpeechStep, Said>;

/** The vocabulary of a model that reads a picture's tokens among its words, in one sequence and one space. */
export interface WordTable {
  readonly count: number;
  /** Embeddings [n, W] of n ids from `from` on. */
  rows(from: number, n: number): Promise<Float32Array>;
  /** The word, or part of one, as it is written. */
  text(id: number): string;
}

/** Central differences against the gradient graph at seeded random coordinates, in the deployed precision. */
export interface GradientCheck {
  readonly coordinates: number;
  readonly maxRelativeError: number;
  readonly ok: boolean;
  readonly analytic: readonly number[];
  readonly numeric: readonly number[];
}

/** The gradient in two halves, for whoever changes the tokens in between: a mean over noisy copies, say. */
export interface TokenSlopes {
  /**
   * The loss of what is answered from these tokens, and its gradient with respect to them, [T * D].
   * @param objective one that the answering side alone decides
   * @throws LabError "graph-unsupported-op" for a model whose gradient can't be built
   */
  lossOf(tokens: FloatTensor, objective: Objective): Promise<LossGradient>;
  /** A cotangent of the picture's tokens, [1, T, D], as one of the picture, [size * size]: their vector-Jacobian product. */
  pullback(image: Float32Array, cotangent: FloatTensor): Promise<Float32Array>;
}

export interface VisionLanguageModel {
  readonly manifest: ModelManifest;
  readonly precision: Precision;
  /** sha256 of the vision and answer graphs in use, joined: what a share link names. */
  readonly sha256: string;
  /** "bpda": operators that round activations stand on the way, and the gradient passes them straight through. */
  readonly gradient?: "exact" | "bpda";
  encodePrompt(question: string): readonly number[];
  /** Token ids of what the model might say behind a question. */
  encodeText(text: string): readonly number[];
  /** Embedding, tokens and self-attention of one image; without maps (default: with) its lists of attention are empty. */
  encode(image: Float32Array, look?: Look): Promise<Encoding>;
  /** Unit-norm embeddings of a batch, nothing else: the fast path of certificates. */
  embed(images: readonly Float32Array[]): Promise<Float32Array[]>;
  /** Sentences as unit vectors beside the image embedding; undefined for a model without a text encoder. */
  readonly embedText?: ((texts: readonly string[]) => Promise<readonly Float32Array[]>) | undefined;
  answer(tokens: FloatTensor, promptIds: readonly number[], look?: Look): Promise<AnswerLogits>;
  /** Words of its own; undefined for a model that answers in single words alone. */
  readonly say?: Say | undefined;
  /** Its vocabulary; undefined where picture tokens do not stand among words. */
  readonly words?: (() => Promise<WordTable | undefined>) | undefined;
  /** Texts of a captioner; undefined for any other model. */
  readonly captions?: Captioning | undefined;
  /** The loss alone, by the graphs that answer the reader: forward passes, whatever the model's operators are. */
  loss(image: Float32Array, objective: Objective): Promise<number>;
  /** @throws LabError "graph-unsupported-op" for a model whose gradient can't be built. */
  lossGradient(image: Float32Array, objective: Objective): Promise<LossGradient>;
  /** Undefined for a model that answers from no tokens. */
  readonly slopes?: TokenSlopes | undefined;
  /**
   * Which image tokens the answer hangs on: attention times the gradient of the answer's margin, over the grid
   * [cells], sums to 1 (or is all zero where nothing speaks for the answer). For models that answer and show attention.
   */
  relevance(image: Float32Array, objective: AnswerObjective): Promise<Float32Array>;
  checkGradient(image: Float32Array, objective: Objective, seed: number): Promise<GradientCheck>;
  /** Frees what the runtime holds of the model; nothing else may be asked of it. */
  release(): Promise<void>;
}
