/**
 * The contract of an attack: an optimised perturbation under a threat model. The loop here owns everything that makes a
 * result admissible (ball of radius epsilon, [0, 1], mask, restarts, best iterate, cancellation); a member only proposes
 * the next point.
 */
import { LabError, invariant } from "../errors/labError.ts";
import { randomStream } from "../numerics/random.ts";
import type { RandomStream } from "../numerics/random.ts";
import { l2Norm, linfNorm } from "../tensor/norms.ts";
import type { Norm } from "../tensor/norms.ts";
import { feasibleSet } from "./feasibleSet.ts";
import type { FeasibleSet } from "./feasibleSet.ts";

/** The model as the attacker sees it. The loss is to be MAXIMISED. Images: flat grey, model space, [0, 1]. */
export interface AttackOracle {
  lossAndGradient(x: Float32Array): Promise<{ loss: number; gradient: Float32Array }>;
  /** The loss alone, where that is cheaper: all that a query attack uses. */
  loss?(x: Float32Array): Promise<number>;
}

export interface AttackContext {
  readonly signal: { readonly aborted: boolean };
  /** Lets messages in; awaited before every evaluation of the oracle. */
  yieldToHost(): Promise<void>;
}

export interface AttackOptions {
  readonly norm: Norm;
  /** Radius of the ball in model space, [0, 1] grey: k/255 for linf. 0 returns the origin itself. */
  readonly epsilon: number;
  /** Updates per restart (queries, for a query attack). Unused by members whose `steps` is "one". */
  readonly steps: number;
  /** Length of one update in the norm of the ball, model space. Unused by members whose `stepSize` is "own". */
  readonly stepSize: number;
  /** Runs from fresh starting points, at least 1. */
  readonly restarts: number;
  readonly seed: number;
  /** Start uniformly inside the ball instead of at the origin; restarts after the first always do. */
  readonly randomStart: boolean;
  /** Pixels with mask 0 never change. */
  readonly mask?: Float32Array;
}

export interface AttackIterate {
  /** 0 is the starting point. */
  readonly step: number;
  readonly restart: number;
  readonly loss: number;
  readonly bestLoss: number;
  /** Best so far. */
  readonly adversarial: Float32Array;
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
  /** Calls of the oracle. */
  readonly evaluations: number;
  /** True when the signal stopped the run before its last step. */
  readonly cancelled: boolean;
}

export type Attack = (
  oracle: AttackOracle,
  origin: Float32Array,
  options: AttackOptions,
  context: AttackContext,
) => AsyncGenerator<AttackIterate, AttackResult>;

/** What a member sees of a run. */
export interface AttackProblem {
  readonly origin: Float32Array;
  readonly options: AttackOptions;
  /** The ball cut with [0, 1] and the mask. */
  readonly feasible: FeasibleSet;
  readonly random: RandomStream;
}

/** One evaluated point of the current restart. */
export interface Evaluated {
  /** 0 is the starting point. */
  readonly step: number;
  readonly x: Float32Array;
  readonly loss: number;
  /** Undefined for members that ask for no gradient. */
  readonly gradient: Float32Array | undefined;
}

/** A member's memory during one restart. */
export interface AttackRule {
  /** Another starting point than the origin or a random one, projected by the loop. */
  start?(): Float32Array;
  /** The next point to evaluate, projected by the loop; a fresh array. */
  next(evaluated: Evaluated): Float32Array;
}

export interface AttackDefinition {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly norms: readonly Norm[];
  /** "gradient" needs white-box access, "query" only losses. */
  readonly access: "gradient" | "query";
  /** Whether the member takes `options.steps` or always makes one update. */
  readonly steps: "option" | "one";
  /** Whether the member takes `options.stepSize` or a schedule of its own. */
  readonly stepSize: "option" | "own";
  begin(problem: AttackProblem): AttackRule;
}

export interface AttackMember extends Omit<AttackDefinition, "begin"> {
  readonly run: Attack;
}

/** Makes a member out of its update rule. */
export function defineAttack({ begin, ...description }: AttackDefinition): AttackMember {
  return {
    ...description,
    async *run(oracle, origin, options, context) {
      checkOptions(description, origin, options);
      const feasible = feasibleSet(origin, options);
      const restarts = options.epsilon === 0 ? 1 : options.restarts;
      const steps = options.epsilon === 0 ? 0 : description.steps === "one" ? 1 : options.steps;
      const random = randomStream(options.seed, "attack", description.id);
      let best: AttackResult | undefined;
      let evaluations = 0;
      const stopped = (): AttackResult => ({
        ...(best ?? { adversarial: origin.slice(), loss: NaN, norm: 0, step: 0, restart: 0 }),
        evaluations,
        cancelled: true,
      });

      for (let restart = 0; restart < restarts; restart++) {
        const stream = random.fork(`restart ${restart}`);
        const rule = begin({ origin, options, feasible, random: stream.fork("updates") });
        const atRandom = restart > 0 || options.randomStart;
        let x = rule.start?.() ?? (atRandom ? feasible.sample(stream) : origin.slice());
        feasible.project(x);
        for (let step = 0; step <= steps; step++) {
          await context.yieldToHost();
          if (context.signal.aborted) return stopped();
          const wantsGradient = description.access === "gradient" && step < steps;
          const { loss, gradient } = await evaluate(oracle, x, wantsGradient);
          evaluations++;
          const norm = distance(x, origin, options.norm);
          if (best === undefined || loss > best.loss) {
            best = { adversarial: x, loss, norm, step, restart, evaluations, cancelled: false };
          }
          yield {
            step,
            restart,
            loss,
            bestLoss: best.loss,
            adversarial: best.adversarial,
            current: x,
            norm,
          };
          if (context.signal.aborted) return stopped();
          if (step === steps) break;
          x = rule.next({ step, x, loss, gradient });
          feasible.project(x);
        }
      }
      invariant(best !== undefined, "an attack without an iterate");
      return { ...best, evaluations };
    },
  };
}

async function evaluate(
  oracle: AttackOracle,
  x: Float32Array,
  wantsGradient: boolean,
): Promise<{ loss: number; gradient: Float32Array | undefined }> {
  const { loss, gradient } =
    !wantsGradient && oracle.loss
      ? { loss: await oracle.loss(x), gradient: undefined }
      : await oracle.lossAndGradient(x);
  if (Number.isNaN(loss)) {
    throw new LabError("internal", "The attack's loss is not a number.", {
      hint: "The model returned NaN for this image; try another backend or precision.",
    });
  }
  return { loss, gradient };
}

/** Distance of two images in the norm of the ball. */
export function distance(x: Float32Array, origin: Float32Array, norm: Norm): number {
  const delta = new Float64Array(x.length);
  for (let i = 0; i < delta.length; i++) delta[i] = x[i]! - origin[i]!;
  return norm === "linf" ? linfNorm(delta) : l2Norm(delta);
}

function checkOptions(
  description: Omit<AttackDefinition, "begin">,
  origin: Float32Array,
  options: AttackOptions,
): void {
  const fail = (message: string, hint: string) => {
    throw new LabError("spec-invalid", `${description.label}: ${message}`, { hint });
  };
  const { norm, epsilon, steps, stepSize, restarts, mask } = options;
  if (!description.norms.includes(norm)) {
    fail(`no ${norm} version.`, `Choose ${description.norms.join(" or ")}.`);
  }
  if (!(epsilon >= 0 && Number.isFinite(epsilon))) {
    fail(`epsilon is ${epsilon}.`, "Choose an epsilon of at least 0.");
  }
  if (!Number.isInteger(steps) || steps < 1) {
    fail(`${steps} steps.`, "Choose a whole number of steps from 1.");
  }
  if (!Number.isInteger(restarts) || restarts < 1) {
    fail(`${restarts} restarts.`, "Choose a whole number of restarts from 1.");
  }
  if (description.stepSize === "option" && !(stepSize > 0 && Number.isFinite(stepSize))) {
    if (epsilon > 0) fail(`step size ${stepSize}.`, "Choose a step size above 0.");
  }
  if (mask && mask.length !== origin.length) {
    fail(`a mask of ${mask.length} pixels for ${origin.length}.`, "Draw the mask again.");
  }
}
