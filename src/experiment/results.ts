/** What each stage of a run yields. Plain data: it crosses the worker border and is printed as JSON by the headless lab. */
import type { AttackMember } from "../attacks/attack.ts";
import type { Box } from "../image/resize.ts";
import type { GraphPart } from "../model/graphPartSchema.ts";
import type { AttentionLayer, GradientCheck } from "../model/visionLanguageModel.ts";
import type { BoxMask } from "../image/boxMask.ts";
import type { Phantom } from "../phantom/phantom.ts";
import type { AnswerResult } from "../system/reading.ts";
import type { GradientKind } from "../system/system.ts";
import type { InstrumentResult } from "./instruments/instrumentResult.ts";
import type { CertifiedFeature } from "./spec.ts";

/** The picture the model is given, before any disturbance. */
export interface InputResult {
  readonly size: number;
  /** [size * size], values k/255. */
  readonly image: Float32Array;
  /** Which window and crop the model saw, in one line. */
  readonly statement: string;
  readonly notices: readonly string[];
  /** Of a film: the part that is given, in its pixels; all beyond the film is black. */
  readonly crop?: Box;
  /** Where the case is a phantom. */
  readonly truth?: GroundTruth;
  /** By finding, what a reader marked on a film. */
  readonly marked?: Readonly<Record<string, BoxMask>>;
}

/** What is known of a phantom, as the phantom itself states it. */
export interface GroundTruth extends Pick<Phantom, "findings" | "patient" | "report"> {
  /** Coverage by finding kind or organ on the image grid, [size * size], 0 to 1. */
  readonly masks: Readonly<Record<string, Float32Array>>;
}

/** Everything read off one image: answers, features and where the model looked. */
export interface Readout {
  /** Null where the model is an image encoder without a text side. */
  readonly answer: AnswerResult | null;
  readonly paraphrases: readonly AnswerResult[];
  readonly embedding: Float32Array;
  readonly grid: readonly [number, number];
  /** The encoder's layers, then cross-attention of the answering position (per layer). */
  readonly attention: readonly AttentionLayer[];
  /** Attention rollout over the encoder, head-averaged, received per image token; sums to 1. [gridH * gridW], empty where the encoder shows no attention over the whole image. */
  readonly rollout: Float32Array;
  /** Of a reader's own film as it came, where the model's populations are known: whether it is one that the model knows. */
  readonly population?: Population;
}

/** Where a film stands among the pictures that the bare model knows (metrics/populations.ts), and what that means. */
export interface Population {
  readonly nearest: "adult" | "child" | "phantom";
  /** Percent of held-out pictures of that kind that lie nearer. */
  readonly further: number;
  readonly isFar: boolean;
  /** Said before everything else; empty where nothing is wrong. */
  readonly lead: string;
  readonly text: string;
}

export interface DisturbedResult {
  readonly image: Float32Array;
  /** One entry per enabled stack item in order. */
  readonly items: readonly DisturbedItem[];
}
export interface DisturbedItem {
  readonly id: string;
  readonly label: string;
  /** Change this item made: linf and l2 in model space. */
  readonly linf: number;
  readonly l2: number;
  readonly trace?: AttackTrace;
}
export type LossUnit = "logits" | "nats" | "";
export interface AttackTrace {
  /**
   * Loss (to be maximised) by step, over all restarts in order, each of the 8-bit picture made at that step; bestLoss never
   * falls, and its last entry is the loss of the picture the attack returned.
   */
  readonly loss: readonly number[];
  readonly bestLoss: readonly number[];
  readonly lossName: string;
  /** "logits" or "nats", or "" for a pure number. */
  readonly lossUnit: LossUnit;
  /** Epsilon in model space and the norm reached. */
  readonly epsilon: number;
  readonly norm: "linf" | "l2";
  readonly reached: number;
  /** Whether the attack saw gradients or only asked; the trace has one entry for each step or query. */
  readonly access: AttackMember["access"];
  /** What its gradient was; absent for an attack that only asks. */
  readonly gradient?: GradientKind;
  /** False where the attacker did not know of the defenses and attacked the bare model. */
  readonly aware: boolean;
  /** What throws doubt on the attack itself, as sentences. */
  readonly warnings?: readonly string[];
  /** What it cost over all restarts: gradient passes, and questions answered by a forward pass. */
  readonly gradientPasses: number;
  readonly queries: number;
}

export interface MetricsResult {
  /** Cosine of the clean and the disturbed image embedding. */
  readonly featureCosine: number;
  readonly featureL2: number;
  readonly linf: number;
  readonly l2: number;
  /** Share of pixels changed by more than half a grey level of 255. */
  readonly changedShare: number;
  readonly ssim: number;
  /** Decibels; Infinity for identical pictures. */
  readonly psnr: number;
  /** SSIM of each attention layer's head-averaged map on its own grid, clean against disturbed (min-max, 7-tap Gaussian). */
  readonly attentionSsim: readonly {
    readonly kind: AttentionLayer["kind"];
    readonly layer: number;
    readonly ssim: number;
    readonly jsd: number;
  }[];
  /** NaN where there is no rollout. */
  readonly rolloutSsim: number;
  /** Null where there is no answer to flip: from an encoder, or from a system that abstains. */
  readonly flipped: boolean | null;
  readonly paraphraseFlips: readonly boolean[];
  /**
   * Share of the other wordings whose corrected answer differs from that of the reader's own wording, on the clean and on
   * the disturbed image; null where no other wording was asked. `paraphraseFlips` has one entry for each.
   */
  readonly flipRateClean: number | null;
  readonly flipRateDisturbed: number | null;
}

/** Which image tokens each picture's own answer depends on: attention times gradient, over the grid, sums to 1. */
export interface RelevanceMaps {
  readonly clean: Float32Array;
  readonly disturbed: Float32Array;
}

/** The maps, or the sentence that says why this model's gradient, which they need, can't be built. */
export type RelevanceResult = RelevanceMaps | { readonly obstacle: string };

/**
 * Certified lower bounds of two different cosines, which may not be compared with each other; NaN where vacuous. Both are
 * about the smoothed feature of any picture within the radius.
 */
export interface CosineBounds<T> {
  /** To the clean picture's own feature, unsmoothed: form A of src/certificates/featureCosine.ts. Below 1 at radius 0. */
  readonly toClean: T;
  /** To the clean picture's smoothed feature: the best of forms A, B and C. 1 at radius 0. */
  readonly toSmoothedClean: T;
}

export interface CertificateResult {
  /** What is certified: another one than asked for where a defense hides the tokens. */
  readonly feature: CertifiedFeature;
  /** Draws that fixed the direction; not counted in n. */
  readonly pilot: number;
  readonly n: number;
  readonly maxSamples: number;
  readonly sigma: number;
  readonly alpha: number;
  readonly seed: number;
  /** Gaussian robustness score: mean of (1 + cos(f(x + noise), f(x))) / 2, and its anytime-valid lower bound. */
  readonly score: number;
  readonly scoreLower: number;
  /** Lower bound of the length of the clean picture's smoothed feature, [0, 1]. */
  readonly smoothedNormLower: number;
  /** Largest l2 radius (model space) at which both bounds are still >= 0 (non-vacuous). */
  readonly radius: number;
  /** The same for each bound by itself; with a pilot the second reaches further. */
  readonly reach: CosineBounds<number>;
  /** What is certified at each l2 radius around the clean picture. */
  readonly curve: { readonly radius: Float32Array } & CosineBounds<Float32Array>;
  /** l2 distance of the clean picture to the one the whole stack made (not of an attack alone), and the bounds there. */
  readonly stackL2: number;
  readonly atStack: CosineBounds<number>;
  readonly history: { readonly n: readonly number[]; readonly scoreLower: readonly number[] };
}

/** Another model's certificate, `stackL2` being the size it was asked about; or why there is none, as a sentence. */
export type BesideResult =
  | { readonly model: string; readonly certificate: CertificateResult }
  | { readonly obstacle: string };

/** The bare model's readings of the same two pictures, beside those of the defended one. */
export interface UndefendedResult {
  readonly clean: Readout;
  readonly disturbed: Readout;
  /** Whether its answer moved; null where there is no answer. */
  readonly flipped: boolean | null;
}

/** Stages by name; every instrument that is switched on is one more. */
export interface StageResults {
  readonly [instrument: `instrument:${string}`]: InstrumentResult;
  readonly input: InputResult;
  readonly clean: Readout;
  readonly disturbed: DisturbedResult;
  readonly readout: Readout;
  readonly metrics: MetricsResult;
  readonly undefended: UndefendedResult;
  /** Every graph that decides the results, those of the model on the bench first. */
  readonly graphs: readonly GraphPart[];
  readonly gradientCheck: GradientCheck;
  readonly relevance: RelevanceResult;
  readonly certificate: CertificateResult;
  readonly beside: BesideResult;
}

export type StageName = keyof StageResults;

/** One event of a run. `key` names the spec slice that made the payload; a partial payload is superseded by a later one. */
export type RunEvent =
  | {
      [S in StageName]: {
        readonly type: "stage";
        readonly stage: S;
        readonly key: string;
        readonly partial: boolean;
        readonly cached: boolean;
        readonly payload: StageResults[S];
      };
    }[StageName]
  | {
      readonly type: "progress";
      readonly stage: StageName;
      readonly done: number;
      readonly total: number;
      readonly label: string;
      /** Attack progress: loss so far and the best iterate. */
      readonly attack?: {
        readonly itemId: string;
        readonly step: number;
        readonly lossName: string;
        readonly lossUnit: LossUnit;
        readonly loss: number;
        readonly bestLoss: number;
        readonly image: Float32Array;
      };
    };
