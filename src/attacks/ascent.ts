import { l2Norm } from "../tensor/norms.ts";
import type { AttackProblem } from "./attack.ts";

/**
 * The steepest ascent direction of length 1 in the norm of the ball: signs for linf, the unit gradient for l2. Pixels that
 * may not change have direction 0. A gradient that is zero everywhere (a feature distance at the clean image) gives a
 * random direction instead, or the attack would never leave.
 */
export function ascentDirection(
  gradient: ArrayLike<number>,
  { options, feasible, random }: AttackProblem,
): Float64Array {
  const direction = new Float64Array(gradient.length);
  let isZero = true;
  for (let i = 0; i < direction.length; i++) {
    if (gradient[i] === 0 || !feasible.isFree(i)) continue;
    direction[i] = gradient[i]!;
    isZero = false;
  }
  if (isZero) {
    for (let i = 0; i < direction.length; i++) {
      if (feasible.isFree(i)) direction[i] = random.normal();
    }
  }
  if (options.norm === "linf") {
    for (let i = 0; i < direction.length; i++) direction[i] = Math.sign(direction[i]!);
    return direction;
  }
  const length = l2Norm(direction);
  if (length > 0) for (let i = 0; i < direction.length; i++) direction[i]! /= length;
  return direction;
}

/** x + length * direction as a new image; the loop projects it. */
export function stepAlong(x: Float32Array, direction: Float64Array, length: number): Float32Array {
  const out = new Float32Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = x[i]! + length * direction[i]!;
  return out;
}
