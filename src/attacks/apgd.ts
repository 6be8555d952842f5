import { climbed } from "./ascent.ts";
import type { AttackProblem, AttackRule, Differentiated } from "./attack.ts";
import { defineGradientAttack } from "./define.ts";

const MOMENTUM = 0.75;
/** Share of improving steps below which the step size is halved. */
const IMPROVING = 0.75;

/** The iterations after which the step size is reviewed: gaps of 22 %, shrinking by 3 points down to 6 % of the budget. */
export function apgdCheckpoints(steps: number): readonly number[] {
  const checkpoints: number[] = [];
  let before = 0;
  let at = 0.22;
  while (at <= 1) {
    const checkpoint = Math.ceil(at * steps - 1e-9);
    if (checkpoint < steps && checkpoint !== checkpoints.at(-1)) checkpoints.push(checkpoint);
    const next = at + Math.max(at - before - 0.03, 0.06);
    before = at;
    at = next;
  }
  return checkpoints;
}

/** Auto-PGD (Croce & Hein 2020): momentum, a step of 2 epsilon that is halved when progress stalls, restarts from the best. */
export const apgd = defineGradientAttack({
  id: "apgd",
  label: "APGD",
  help: "PGD without a step size to tune: starts with 2 epsilon and halves when progress stalls, going back to the best point.",
  norms: ["linf", "l2"],
  settings: ["steps"],
  begin: beginApgd,
});

/** Its update rule, for members that walk the same way elsewhere. */
export function beginApgd(problem: AttackProblem): AttackRule<Differentiated> {
  const { options, feasible } = problem;
  const checkpoints = new Set(apgdCheckpoints(options.steps));
  let stepSize = 2 * options.epsilon;
  let previous: Float32Array | undefined;
  let best: { x: Float32Array; loss: number; gradient: Float32Array } | undefined;
  let lastLoss = -Infinity;
  let improved = 0;
  let reviewedAt = 0;
  let bestAtReview = -Infinity;
  /** Where a target that is only on the way to the next point is written. */
  const scratch = new Float32Array(problem.origin.length);
  let halvedAtReview = false;

  /** Whether the step size is to be halved (conditions 1 and 2 of the paper). */
  const isStalled = (step: number, bestLoss: number): boolean => {
    const tooFew = improved < IMPROVING * (step - reviewedAt);
    const noGain = !halvedAtReview && reviewedAt > 0 && bestLoss <= bestAtReview;
    return tooFew || noGain;
  };

  return {
    next({ step, x, loss, gradient }) {
      if (step > 0 && loss > lastLoss) improved++;
      lastLoss = loss;
      if (best === undefined || loss > best.loss) best = { x, loss, gradient };
      let from = x;
      let uphill = gradient;
      const inertia = previous;
      if (checkpoints.has(step)) {
        const halve = isStalled(step, best.loss);
        if (halve) {
          stepSize /= 2;
          from = best.x;
          uphill = best.gradient;
          lastLoss = best.loss;
        }
        halvedAtReview = halve;
        bestAtReview = best.loss;
        reviewedAt = step;
        improved = 0;
      }
      previous = from;
      const target = climbed(from, uphill, problem, [stepSize, inertia && scratch]);
      feasible.project(target);
      if (inertia === undefined) return target;
      return withMomentum(from, target, inertia);
    },
  };
}

/** No closure: one that each attack makes anew is never compiled for speed. */
function withMomentum(
  from: Float32Array,
  target: Float32Array,
  inertia: Float32Array,
): Float32Array {
  const out = new Float32Array(target.length);
  for (let i = 0; i < out.length; i++) {
    out[i] =
      from[i]! + MOMENTUM * (target[i]! - from[i]!) + (1 - MOMENTUM) * (from[i]! - inertia[i]!);
  }
  return out;
}
