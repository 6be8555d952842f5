/**
 * The contract of an attack: an optimised perturbation under a threat model. The loop (search.ts) owns everything that
 * makes a result admissible (ball of radius epsilon, [0, 1], mask, restarts, best iterate, cancellation); a member only
 * proposes the next point.
 */
import type { Host } from "../host/host.ts";
import type { RandomStream } from "../numerics/random.ts";
import type { Norm } from "../tensor/norms.ts";
import type { FeasibleSet } from "./feasibleSet.ts";

/** A model that can only be asked. The loss is to be MAXIMISED. Images: flat grey, model space, [0, 1]. */
export interface QueryOracle {
  loss(x: Float32Array): Promise<number>;
}

/** A model whose gradients the attacker can see too. */
export interface GradientOracle extends QueryOracle {
  lossAndGradient(x: Float32Array): Promise<{ loss: number; gradient: Float32Array }>;
  /**
   * Where the question has three answers or more: for each other answer the same loss with the gradient towards that answer
   * alone, as targeted attacks follow it.
   */
  readonly targeted?: readonly Pick<GradientOracle, "lossAndGradient">[];
  /** The same loss with the gradient by another way back, where the first can hide the slope; `better` is said where that one wins. */
  readonly standIn?: Pick<GradientOracle, "lossAndGradient" | "targeted"> & {
    readonly better: string;
  };
  /** Other pictures with the same goal, for a pattern that is made once for many. */
  readonly crowd?: {
    readonly pictures: readonly Float32Array[];
    /** Draws pictures and placements. */
    readonly random: RandomStream;
    lossAndGradient(k: number, x: Float32Array): Promise<{ loss: number; gradient: Float32Array }>;
    /**
     * How much of the model's attention lies in a mask [size * size], with its gradient.
     * @throws LabError "model-incompatible" for a model that shows no attention over the picture
     */
    attentionIn(
      x: Float32Array,
      mask: Float32Array,
    ): Promise<{ loss: number; gradient: Float32Array }>;
  };
}

export interface AttackOptions {
  readonly norm: Norm;
  /** Radius of the ball in model space, [0, 1] grey: k/255 for linf. 0 returns the origin itself. */
  readonly epsilon: number;
  /** Updates per restart; one query each for a query attack. */
  readonly steps: number;
  /** Of a member that both takes steps and asks. */
  readonly queries?: number;
  /** Length of one update in the norm of the ball, model space, for members that take a relative step. */
  readonly stepSize: number;
  /** Runs from fresh starting points, at least 1. */
  readonly restarts: number;
  readonly seed: number;
  /** Start uniformly inside the ball instead of at the origin; restarts after the first always do. */
  readonly randomStart: boolean;
  /** The first restart begins here, projected into the ball, whatever else is said of starts. */
  readonly start?: Float32Array;
  /** Where a pattern is laid: middle and side as fractions of the picture's, turned counter-clockwise. */
  readonly stamp?: {
    readonly x: number;
    readonly y: number;
    readonly side: number;
    readonly degrees: number;
  };
  /** Pixels with mask 0 never change. */
  readonly mask?: Float32Array;
  /**
   * Judge every point by the 8-bit picture that stands for it, and return such a picture; the origin must be one. The rule
   * goes on from the point itself, with the gradient at its picture (linf: a straight-through step) or at the point (l2).
   */
  readonly lattice?: boolean;
}

export interface AttackIterate {
  /** 0 is the starting point. */
  readonly step: number;
  readonly restart: number;
  readonly loss: number;
  readonly bestLoss: number;
  /** Best so far. */
  readonly adversarial: Float32Array;
  /** The picture that was evaluated. */
  readonly current: Float32Array;
  /** Distance of `current` from the origin in the norm of the ball. */
  readonly norm: number;
}

export interface AttackResult {
  /** The best iterate of all restarts. */
  readonly adversarial: Float32Array;
  readonly loss: number;
  /** Distance of `adversarial` from the origin in the norm of the ball. */
  readonly norm: number;
  readonly step: number;
  readonly restart: number;
  /** Calls of the oracle: for a gradient, and for a loss alone. */
  readonly gradientPasses: number;
  readonly queries: number;
  /** What throws doubt on the attack itself, as sentences. */
  readonly warnings?: readonly string[];
  /** True when the signal stopped the run before its last step. */
  readonly cancelled: boolean;
}

export type Attack<Oracle extends QueryOracle> = (
  oracle: Oracle,
  origin: Float32Array,
  options: AttackOptions,
  context: Host,
) => AsyncGenerator<AttackIterate, AttackResult>;

/** What a member sees of a run. */
export interface AttackProblem {
  readonly origin: Float32Array;
  readonly options: AttackOptions;
  /** Updates this restart will make. */
  readonly steps: number;
  /** The ball cut with [0, 1] and the mask. */
  readonly feasible: FeasibleSet;
  readonly random: RandomStream;
}

/** One evaluated point of the current restart. */
export interface Queried {
  /** 0 is the starting point. */
  readonly step: number;
  /** The point itself; on the lattice, `loss` is that of its picture. */
  readonly x: Float32Array;
  readonly loss: number;
}

export interface Differentiated extends Queried {
  readonly gradient: Float32Array;
}

/** A member's memory during one restart. */
export interface AttackRule<Seen extends Queried> {
  /** Another starting point than the origin or a random one, projected by the loop. */
  start?(): Float32Array;
  /** The next point to evaluate, projected by the loop; a fresh array. Undefined where there is nothing left to do. */
  next(evaluated: Seen): Float32Array | undefined;
}

/** What a member can be told besides norm, epsilon, restarts and seed; whatever it does not list, it has not. */
export type AttackSetting = "steps" | "queries" | "relativeStep" | "phantoms";

export interface AttackDescription {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly norms: readonly Norm[];
  /** A member with neither "steps" nor "queries" makes one update. */
  readonly settings: readonly AttackSetting[];
  /** Settings to begin with, where those of the other members are too few. */
  readonly suggests?: Readonly<Partial<Record<AttackSetting, number>>>;
  /** Its result is the smallest change with a loss above 0, and only without one the largest loss. */
  readonly seeks?: "smallest";
  /** Largest linf epsilon in grey levels of 255, where it is not that of the other members. */
  readonly reach?: number;
  /** It follows the oracle's other way back by itself. */
  readonly triesBothWays?: true;
  /** It has no bound but a region, and does not run on the whole picture. */
  readonly needsRegion?: true;
}

/** White box: needs a model with gradients. */
export interface GradientAttack extends AttackDescription {
  readonly access: "gradient";
  readonly run: Attack<GradientOracle>;
}

/** Black box: asks for losses only. */
export interface QueryAttack extends AttackDescription {
  readonly access: "query";
  readonly run: Attack<QueryOracle>;
}

export type AttackMember = GradientAttack | QueryAttack;
