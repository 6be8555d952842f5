import type { Norm } from "../tensor/norms.ts";
import { l2Norm, linfNorm } from "../tensor/norms.ts";
import { defineGradientAttack } from "./define.ts";

/** Croce & Hein 2020: most weight of the clean picture, length of a step over what the tangent asks, and the step back. */
const MOST_BIAS = 0.1;
const OVERSHOOT = 1.05;
const BACK = 0.9;

export interface Plane {
  /** Of the tangent: normal . z = offset. */
  readonly normal: Float64Array;
  readonly offset: number;
}

const HALVINGS = 60;

/**
 * The point of [0, 1]^d on a plane that is nearest to `from` in the norm; where the plane misses the cube, the corner of the
 * cube nearest to it. Pixels with a normal of 0 stay.
 */
export function projectOnPlane(
  from: Float32Array,
  { normal, offset }: Plane,
  norm: Norm,
): Float64Array {
  let at = 0;
  for (let i = 0; i < normal.length; i++) at += normal[i]! * from[i]!;
  const way = Math.sign(offset - at);
  const moved = (length: number) =>
    Float64Array.from(normal, (n, i) => {
      const step = norm === "linf" ? Math.sign(n) : n;
      return Math.max(0, Math.min(1, from[i]! + way * length * step));
    });
  const reaches = (length: number) => {
    const z = moved(length);
    let value = 0;
    for (let i = 0; i < z.length; i++) value += normal[i]! * z[i]!;
    return way * (value - offset) >= 0;
  };
  if (way === 0) return moved(0);
  let high = 1;
  if (norm === "l2") {
    // Past this length every pixel that moves at all is black or white.
    const least = normal.reduce((a, n) => (n === 0 ? a : Math.min(a, Math.abs(n))), Infinity);
    const most = 1 / least;
    high = Math.abs(offset - at) / l2Norm(normal) ** 2;
    while (!reaches(high) && high < most) high *= 2;
  }
  let low = 0;
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return moved(high);
}

/**
 * Fast adaptive boundary attack (Croce & Hein 2020) for a loss whose sign says whether the answer has flipped: towards the tangent,
 * a little of the way from the clean picture, and back towards it after every flip. Returns the nearest flip it saw.
 */
export const fab = defineGradientAttack({
  id: "fab",
  label: "FAB (smallest change)",
  help: "Walks along the border of the answer, back towards the clean picture after every flip, and returns the smallest change that flips; epsilon is only the most that it may spend.",
  norms: ["linf", "l2"],
  settings: ["steps"],
  seeks: "smallest",
  suggests: { steps: 30 },
  begin({ origin, options, feasible }) {
    const size = options.norm === "linf" ? linfNorm : l2Norm;
    let cameBack = false;
    return {
      next({ x, loss, gradient }) {
        if (loss > 0 && !cameBack) {
          cameBack = true;
          return x.map((value, i) => origin[i]! + BACK * (value - origin[i]!));
        }
        cameBack = false;
        const normal = Float64Array.from(gradient, (g, i) => (feasible.isFree(i) ? g : 0));
        if (normal.every((n) => n === 0)) return undefined;
        let offset = -loss;
        for (let i = 0; i < x.length; i++) offset += normal[i]! * x[i]!;
        const plane = { normal, offset };
        const here = projectOnPlane(x, plane, options.norm).map((z, i) => z - x[i]!);
        const home = projectOnPlane(origin, plane, options.norm).map((z, i) => z - origin[i]!);
        const [a, b] = [size(here), size(home)];
        const bias = a + b === 0 ? 0 : Math.min(MOST_BIAS, a / (a + b));
        return x.map(
          (value, i) =>
            (1 - bias) * (value + OVERSHOOT * here[i]!) +
            bias * (origin[i]! + OVERSHOOT * home[i]!),
        );
      },
    };
  },
});
