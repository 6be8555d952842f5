import { l2Norm } from "../tensor/norms.ts";
import type { AttackProblem } from "./attack.ts";

/** One array for each problem: a direction is read before the next one is asked for. */
const directions = new WeakMap<AttackProblem, Float64Array>();

/**
 * The steepest ascent direction of length 1 in the norm of the ball: signs for linf, the unit gradient for l2. Pixels that
 * may not change have direction 0. A gradient that is zero everywhere (a feature distance at the clean image) gives a
 * random direction instead, or the attack would never leave.
 * @returns an array that holds until the next call for this problem.
 */
function ascentDirection(
  gradient: Float32Array | Float64Array,
  problem: AttackProblem,
): Float64Array {
  const { options, feasible, random } = problem;
  const direction = directions.get(problem) ?? new Float64Array(gradient.length);
  directions.set(problem, direction);
  let isZero = true;
  for (let i = 0; i < direction.length; i++) {
    const slope = feasible.isFree(i) ? gradient[i]! : 0;
    direction[i] = slope;
    if (slope !== 0) isZero = false;
  }
  if (isZero) {
    for (let i = 0; i < direction.length; i++) {
      if (feasible.isFree(i)) direction[i] = random.normal();
    }
  }
  if (options.norm === "linf") {
    for (let i = 0; i < direction.length; i++) {
      const slope = direction[i]!;
      direction[i] = slope > 0 ? 1 : slope < 0 ? -1 : slope;
    }
    return direction;
  }
  const length = l2Norm(direction);
  if (length > 0) for (let i = 0; i < direction.length; i++) direction[i]! /= length;
  return direction;
}

/**
 * x + length * ascentDirection as an image; the loop projects it.
 * @param into where it may be written; a new image where absent
 */
export function climbed(
  x: Float32Array,
  gradient: Float32Array | Float64Array,
  problem: AttackProblem,
  [length, into]: readonly [length: number, into?: Float32Array | undefined],
): Float32Array {
  const { options } = problem;
  const isPlain = options.norm === "linf" && !options.mask && gradient instanceof Float32Array;
  const stepped = isPlain && signStep(x, gradient, length, into);
  return stepped || stepAlong(x, ascentDirection(gradient, problem), length);
}

const MAGNITUDE = 0x7fffffff;
const INFINITE = 0x7f800000;

/**
 * x + length * sign(gradient) in one go, once a step of every attack: signs are read off the bits, because a processor can't
 * guess them. Undefined for a gradient that is zero everywhere or has what is no number.
 */
function signStep(
  x: Float32Array,
  gradient: Float32Array,
  length: number,
  into: Float32Array = new Float32Array(x.length),
): Float32Array | undefined {
  const bits = new Int32Array(gradient.buffer, gradient.byteOffset, gradient.length);
  let [all, noNumber] = [0, 0];
  for (let i = 0; i < into.length; i++) {
    const slope = bits[i]!;
    const magnitude = slope & MAGNITUDE;
    all |= magnitude;
    noNumber |= INFINITE - magnitude;
    // 1 or -1, and 0 for a slope of 0.
    const sign = ((slope >> 31) | 1) & (-magnitude >> 31);
    into[i] = x[i]! + length * sign;
  }
  return all === 0 || noNumber < 0 ? undefined : into;
}

function stepAlong(x: Float32Array, direction: Float64Array, length: number): Float32Array {
  const out = new Float32Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = x[i]! + length * direction[i]!;
  return out;
}
