/**
 * The experiment: everything that decides what the lab computes, as plain JSON. A share link is this and nothing else,
 * so it never holds a pixel, a file name or a tag.
 */
import type { PhantomSpec } from "../phantom/spec.ts";
import type { DefenseItem } from "../defenses/defense.ts";
import type { BundledModel } from "../model/catalog.ts";
import type { Precision } from "../model/manifest.ts";
import type {
  AnswerLossName,
  AttentionLossName,
  AttentionSide,
  FeatureLossName,
} from "../model/objective.ts";
import type { PerturbationId } from "../perturbations/registry.ts";
import type { AttackId } from "../attacks/registry.ts";
import type { Norm } from "../tensor/norms.ts";

/** Which radiograph: a phantom by its parameters, or a reader's own file by the hash of its stored pixel values. */
export type CaseSpec =
  | { readonly kind: "phantom"; readonly phantom: PhantomSpec }
  | { readonly kind: "file"; readonly sha256: string };

/** The window the model sees (not the one on screen): the file's own, automatic percentiles, or stated. */
export type WindowSpec =
  /** The file's own; `index` says which, if it has several (default 0, the first). */
  | { readonly kind: "file"; readonly index?: number }
  | { readonly kind: "automatic" }
  | { readonly kind: "full" }
  | { readonly kind: "manual"; readonly center: number; readonly width: number };

/** One brush stroke; x and y are fractions of the image's width and height. */
export interface Stroke {
  readonly points: readonly (readonly [number, number])[];
  /** Fraction of the image's width. */
  readonly radius: number;
  /** Display value painted, in [0,1]; 1 is white. */
  readonly intensity: number;
  readonly erase: boolean;
}

/** A seeded transform with its own strengths (see the perturbation's params). */
export interface PerturbationItem {
  readonly id: string;
  readonly type: "perturbation";
  readonly perturbation: PerturbationId;
  readonly enabled: boolean;
  readonly seed: number;
  readonly params: Readonly<Record<string, number>>;
  /** Strokes of a painted patch; absent for every other member. */
  readonly strokes?: readonly Stroke[];
}

/** What an attack wants, in the literature's words; losses are those of src/model/objective.ts, the first of a kind unless named. */
export type GoalSpec =
  /** Any other answer than the clean one. */
  | { readonly kind: "untargeted"; readonly loss?: AnswerLossName }
  /** This answer about the finding. */
  | { readonly kind: "targeted"; readonly answer: string; readonly loss?: AnswerLossName }
  /** The image embedding away from the clean one. */
  | { readonly kind: "featureAway"; readonly loss?: FeatureLossName }
  /** The image embedding towards that of a second picture (AttackVLM MF-ii, Zhao et al. 2023). */
  | { readonly kind: "featureTowards"; readonly case: CaseSpec; readonly loss?: FeatureLossName }
  /** The image embedding towards that of a sentence (AttackVLM MF-it). */
  | { readonly kind: "featureText"; readonly text: string; readonly loss?: FeatureLossName }
  /** This text behind the question more likely (its log-likelihood), or less. */
  | { readonly kind: "text"; readonly text: string; readonly aim?: GoalAim }
  /** Attention into a part of the picture, or out of it; the encoder's unless the answer's is named. */
  | {
      readonly kind: "attention";
      readonly mask: AttackRegion;
      readonly aim?: GoalAim;
      readonly of?: AttentionSide;
      readonly loss?: AttentionLossName;
    };

/** Absent: "towards". */
export const GOAL_AIMS = ["towards", "away"] as const;
export type GoalAim = (typeof GOAL_AIMS)[number];

/** Pixels an attack may change: those under paint above it, of a phantom's findings or all but these, of its organs or all but these. */
export const ATTACK_REGIONS = [
  "painted",
  "findings",
  "elsewhere",
  "lungs",
  "heart",
  "outsideOrgans",
] as const;
export type AttackRegion = (typeof ATTACK_REGIONS)[number];

/** A square that the reader places, as a sticker on the film: all that an attack with a stamp may change. */
export interface Stamp {
  /** Of its middle, as fractions of the picture's width and height. */
  readonly x: number;
  readonly y: number;
  /** Fraction of the picture's width. */
  readonly side: number;
  /** Counter-clockwise. */
  readonly degrees: number;
}

/** An optimised perturbation of what the stack has made so far. */
export interface AttackItem {
  readonly id: string;
  readonly type: "attack";
  readonly attack: AttackId;
  readonly enabled: boolean;
  readonly seed: number;
  readonly norm: Norm;
  /** In 255ths for linf; in [0,1] units of the whole image (224 x 224 grey) for l2. Model space. */
  readonly epsilon: number;
  /** Absent: the whole picture. */
  readonly region?: AttackRegion;
  /** Instead of a region. */
  readonly stamp?: Stamp;
  readonly restarts: number;
  /** Of these, exactly what the attack lists as its settings (src/attacks/attack.ts): gradient steps of each restart, */
  readonly steps?: number;
  /** queries of each restart, */
  readonly queries?: number;
  /** step size over epsilon. */
  readonly relativeStep?: number;
  /** other pictures that a pattern is learned on. */
  readonly phantoms?: number;
  readonly goal: GoalSpec;
  /** Whether the attacker knows of the experiment's defenses and works through them; absent: "aware". */
  readonly knowledge?: AttackKnowledge;
  /** Whether the attacker sees through the perturbations that follow it in the stack, by the identity on the way back. */
  readonly foresees?: true;
}

export const ATTACK_KNOWLEDGE = ["aware", "unaware"] as const;
export type AttackKnowledge = (typeof ATTACK_KNOWLEDGE)[number];

export type StackItem = PerturbationItem | AttackItem;

export interface CertificateSpec {
  readonly enabled: boolean;
  /** Noise standard deviation in model space, [0,1] grey. */
  readonly sigma: number;
  /** Probability that the stated bound is wrong. */
  readonly alpha: number;
  readonly maxSamples: number;
  readonly seed: number;
  /** What is certified; absent: "embedding". */
  readonly feature?: CertifiedFeature;
  /** Noisy copies that fix a direction before the counted ones (src/certificates/pilotedSampler.ts); absent: 0, none. */
  readonly pilot?: number;
  /** A second certificate of the same picture, drawn first; absent: none. */
  readonly beside?: BesideSpec;
}

/** A certificate of another model around the same clean picture, asked about a change of a stated size. */
export interface BesideSpec {
  /** A model of the lab, by its int8 weights. */
  readonly model: BundledModel;
  /** Noise standard deviation in model space, [0,1] grey. */
  readonly sigma: number;
  /** l2 size of the change it is asked about, model space. */
  readonly l2: number;
}

/**
 * "embedding": the pooled image embedding, which zero-shot answers are read from. "tokens": all image tokens as one unit
 * vector, which the answering side reads.
 */
export const CERTIFIED_FEATURES = ["embedding", "tokens"] as const;
export type CertifiedFeature = (typeof CERTIFIED_FEATURES)[number];

/** An instrument as an experiment names it. */
export interface InstrumentItem {
  readonly instrument: string;
  readonly enabled: boolean;
  readonly seed: number;
  readonly params: Readonly<Record<string, number>>;
  /** A reader's own wordings or prompts, for an instrument that takes some. */
  readonly texts?: readonly string[];
}

export interface ExperimentSpec {
  /** Older experiments are read by specVersions.ts. */
  readonly version: 3;
  readonly case: CaseSpec;
  readonly window: WindowSpec;
  readonly model: { readonly id: string; readonly precision: Precision };
  readonly question: string;
  readonly stack: readonly StackItem[];
  /** Between the picture and the model, the first nearest to the picture. */
  readonly defenses: readonly DefenseItem[];
  readonly certificate: CertificateSpec;
  /** Which image tokens the answers hang on: a gradient pass for each picture. */
  readonly relevance: { readonly enabled: boolean };
  /** Measurements, each at most once. */
  readonly instruments: readonly InstrumentItem[];
}

/** "preview" while a slider moves: fewer attack steps, no certificate; "full" on release. */
export type Fidelity = "preview" | "full";
