/**
 * What an attack, an explanation or a check of gradients asks of a model: a number of a picture, always to be MAXIMISED.
 * The words are the literature's; a spec's goal (src/experiment/spec.ts) becomes one of these once the clean answer is known.
 */

/** "margin": Carlini & Wagner 2017; "cross-entropy"; "dlr": difference of logits ratio, Croce & Hein 2020 (>= 3 answers). */
export const ANSWER_LOSSES = ["margin", "cross-entropy", "dlr"] as const;
export type AnswerLossName = (typeof ANSWER_LOSSES)[number];

/** "cosine": 1 - cosine; "squared-l2": squared distance. */
export const FEATURE_LOSSES = ["cosine", "squared-l2"] as const;
export type FeatureLossName = (typeof FEATURE_LOSSES)[number];

/** Away from an answer (untargeted) or towards one (targeted), among the question's own answers. */
export interface AnswerObjective {
  readonly kind: "answer";
  readonly aim: "away" | "towards";
  /** The answer moved away from or to, as the model would say it (a negated wording says the opposite). */
  readonly answer: string;
  readonly loss: AnswerLossName;
  readonly promptIds: readonly number[];
  /** The question's answer space, and the token that stands for each. */
  readonly answers: readonly string[];
  readonly answerTokenIds: readonly number[];
  /** What the model says of the clean picture: read by a targeted DLR only. */
  readonly truth?: string;
}

/** The image embedding away from a reference (the clean one), or towards one (a second picture's). */
export interface FeatureObjective {
  readonly kind: "feature";
  readonly aim: "away" | "towards";
  /** [E]. */
  readonly reference: Float32Array;
  readonly loss: FeatureLossName;
}

/** Log-likelihood of a text behind the question, in nats (teacher forcing): towards saying it, or away. */
export interface TextObjective {
  readonly kind: "text";
  readonly aim: "away" | "towards";
  readonly loss: "log-likelihood";
  readonly promptIds: readonly number[];
  /** At least one. */
  readonly textIds: readonly number[];
}

/**
 * "mass": share of the attention that lies in the mask, in [0, 1]. "scores": mean of what the softmax reads over the mask
 * less its mean over the picture, as attacks on attention do because a saturated softmax has no gradient (Attention-Fool,
 * Lovisotto et al. 2022, which also rescales queries and keys and takes a smooth maximum over heads and layers; here all
 * heads and layers count the same).
 */
export const ATTENTION_LOSSES = ["mass", "scores"] as const;
export type AttentionLossName = (typeof ATTENTION_LOSSES)[number];

/** "encoder": what image tokens and pooling heads pay to the picture; "answer": what the answering position pays to it. */
export const ATTENTION_SIDES = ["encoder", "answer"] as const;
export type AttentionSide = (typeof ATTENTION_SIDES)[number];

/** Attention into a mask, or out of it: the mean over heads and layers. */
export interface AttentionObjective {
  readonly kind: "attention";
  readonly aim: "away" | "towards";
  readonly loss: AttentionLossName;
  readonly of: AttentionSide;
  /** [size * size] in [0, 1], neither empty nor all of the picture. */
  readonly mask: Float32Array;
  /** Read for the answer's attention; empty for the encoder's. */
  readonly promptIds: readonly number[];
}

export type Objective = AnswerObjective | FeatureObjective | TextObjective | AttentionObjective;

/** A loss and its gradient in model space, on the graph the reader runs. */
export interface LossGradient {
  readonly loss: number;
  /** [size * size]. */
  readonly gradient: Float32Array;
}
