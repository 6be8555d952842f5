/** What a system gives for one picture: answers to wordings, features, and where it looked. */
import type { AttentionLayer, AttentionMatrix } from "../model/visionLanguageModel.ts";

/** The answer to one wording. */
export interface AnswerResult {
  readonly question: string;
  /** The word preferred within the answer space, as spoken (not polarity-corrected). */
  readonly answer: string;
  /** Answer after polarity correction: what the system says about the finding. */
  readonly corrected: string;
  readonly polarity: 1 | -1;
  /** Softmax over the answer space. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** Probability given to words outside the answer space. */
  readonly massOutside: number;
  /** Logit of the answer minus the runner-up; for yes/no, logit(yes) - logit(no). In logits. */
  readonly margin: number;
  readonly strategy: string;
  /** False where the wording was never used in training. */
  readonly trained: boolean;
}

export interface Reading {
  /** One per wording that was asked, in order; none where the system has no text side. */
  readonly answers: readonly AnswerResult[];
  /** Unit-norm image embedding [E]. */
  readonly embedding: Float32Array;
  readonly grid: readonly [number, number];
  /** The encoder's layers, then cross-attention of the answering position to the first wording (per layer). */
  readonly attention: readonly AttentionLayer[];
  /** Head-averaged self-attention of the encoder's layers, [T, T] each; empty where a layer does not see the whole image. */
  readonly selfAttentionMatrices: readonly AttentionMatrix[];
}
