/**
 * What is under test: a bare model, a reader's encoder, a model behind a defense, an ensemble. Attacks, certificates,
 * instruments and studies see nothing else, so that none of them knows which kind it is. Images are size*size grey values in
 * [0,1], white = dense, in model space.
 */
import type { ExpandedQuestion } from "../language/questionBank.ts";
import type { Captioning } from "../model/captioning.ts";
import type { ModelManifest } from "../model/manifest.ts";
import type { AnswerObjective, LossGradient, Objective } from "../model/objective.ts";
import type { ModelLink } from "../model/modelLink.ts";
import type { FloatTensor } from "../tensor/tensor.ts";
import type {
  AnswerLogits,
  Encoding,
  GradientCheck,
  Look,
  Say,
  TokenSlopes,
  VisionLanguageModel,
  WordTable,
} from "../model/visionLanguageModel.ts";
import type { AnswerResult, Reading } from "./reading.ts";

/** One objective on one system. An attacker who may only ask is handed `loss` alone. */
export interface Evaluator {
  /** By the graphs that answer the reader: forward passes, whatever the model's operators are. */
  loss(image: Float32Array): Promise<number>;
  /**
   * The same over other draws, by round from 1: what a picture that was chosen for a lucky draw is judged by. One loss for each
   * draw that an answer could rest on. Absent where nothing is drawn.
   */
  lossAgain?(image: Float32Array, round: number): Promise<readonly number[]>;
  /**
   * Absent where the system has no gradient to give.
   * @throws LabError "graph-unsupported-op" where it turns out, once built, that this model's gradient can't be had
   */
  lossAndGradient?(image: Float32Array): Promise<LossGradient>;
  /**
   * The same loss with another way back: filters whose derivative can hide the slope (they take small changes out, or pass one
   * pixel on of many) stand back as the identity. Absent where there is no such filter; neither way is always the better.
   */
  standIn?(image: Float32Array): Promise<LossGradient>;
}

/**
 * "exact": the derivative of what the reader runs; "bpda": part of the way back is approximated by the identity or by a
 * smooth stand-in (backward pass differentiable approximation, Athalye et al. 2018); "expectation": the mean over random
 * draws (EOT, Athalye et al. 2018).
 */
export type GradientKind = "exact" | "bpda" | "expectation";

/** The way from a picture to its answers in two halves. */
export interface Halves {
  /** Without maps (default: with) its lists of attention are empty, and the look costs less. */
  encode(image: Float32Array, look?: Look): Promise<Encoding>;
  /** @throws LabError "question-invalid" for a wording that the model has no answers for */
  answer(encoding: Encoding, wordings: readonly ExpandedQuestion[]): Promise<Reading>;
  /** Logits at the last position, and what it attends to. */
  ask(tokens: FloatTensor, promptIds: readonly number[]): Promise<AnswerLogits>;
  /** The gradient in the same two halves; undefined where there is none. */
  readonly slopes?: TokenSlopes | undefined;
  /** Words of its own; undefined for a model that answers in single words alone. */
  readonly say?: Say | undefined;
  /** The words among which the picture's tokens stand; undefined where they stand among none. */
  readonly words?: (() => Promise<WordTable | undefined>) | undefined;
  /** Texts of a captioner; undefined for any other model. */
  readonly captions?: Captioning | undefined;
}

/** One of several models that answer as one. */
export interface Expert {
  readonly label: string;
  /** Of all experts together 1. */
  readonly weight: number;
  /** Whether a gate chose the weight by the picture, rather than the reader for all pictures. */
  readonly isGated: boolean;
  readonly answer: AnswerResult;
}

export interface System {
  /** Names all that decides the output: weights by hash, description, defenses with their parameters. */
  readonly key: string;
  /** Side of the picture in pixels. */
  readonly size: number;
  /** Of the model inside: its answers, labels, grid and where its measurements stand. */
  readonly manifest: ModelManifest;
  readonly gradient: GradientKind;
  /** @throws LabError "question-invalid" for a wording that the model has no answers for */
  read(image: Float32Array, wordings: readonly ExpandedQuestion[]): Promise<Reading>;
  /** Unit-norm embeddings of a batch, nothing else: the fast path of certificates. */
  embed(images: readonly Float32Array[]): Promise<Float32Array[]>;
  /** Sentences as unit vectors beside the image embedding; undefined for a model without a text encoder. */
  readonly embedText?: ((texts: readonly string[]) => Promise<readonly Float32Array[]>) | undefined;
  evaluator(objective: Objective): Evaluator;
  /** Token ids of a question, as objectives name it. */
  encodePrompt(question: string): readonly number[];
  /** Token ids of what might be said behind it. */
  encodeText(text: string): readonly number[];
  /**
   * Which image tokens the answer hangs on: attention times the gradient of the answer's margin, over the grid [cells],
   * sums to 1 (or is all zero where nothing speaks for the answer).
   * @throws LabError "graph-unsupported-op" for a model whose gradient can't be built
   */
  relevance(image: Float32Array, objective: AnswerObjective): Promise<Float32Array>;
  /**
   * The same system with graphs linked before or after its model's encoder, under the given key. Absent where something
   * already stands between the picture and the model's graphs.
   * @throws LabError "model-incompatible" when a graph does not fit
   */
  linked?(
    links: (model: VisionLanguageModel) => readonly ModelLink[],
    key: string,
  ): Promise<System>;
  /** Who answers behind this system and with which weight, for one wording; absent where it is one model. */
  experts?(image: Float32Array, wording: ExpandedQuestion): Promise<readonly Expert[]>;
  /** Absent where there is no one encoding that the answers are made of. */
  readonly halves?: Halves;
  /** The gradient against central differences through the same graphs at seeded coordinates. */
  checkGradient(image: Float32Array, objective: Objective, seed: number): Promise<GradientCheck>;
}
