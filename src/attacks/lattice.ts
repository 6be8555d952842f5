import type { Norm } from "../tensor/norms.ts";

/**
 * An adversarial image on the 8-bit lattice k/255, as a file or a screen would hold it, without leaving the ball: each
 * pixel goes to the nearest level that is allowed. Pixels whose ball holds no level keep the origin's value, so the result
 * lies on the lattice wholly only when the origin does.
 * @param x and `origin` in [0, 1]. @returns a new image.
 */
export function roundToLattice(
  x: Float32Array,
  origin: Float32Array,
  epsilon: number,
  norm: Norm = "linf",
): Float32Array {
  // Float32 holds k/255 with an error of up to 3e-8, which is not a step out of the ball.
  const slack = 1e-7;
  const nearest = (i: number, level: number) => {
    const value = Math.fround(Math.max(0, Math.min(255, level)) / 255);
    return Math.abs(value - origin[i]!) <= epsilon + slack ? value : undefined;
  };
  const out = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const exact = x[i]! * 255;
    const near = Math.round(exact);
    const towardsOrigin = origin[i]! < x[i]! ? -1 : 1;
    out[i] = nearest(i, near) ?? nearest(i, near + towardsOrigin) ?? origin[i]!;
  }
  if (norm === "l2") shrinkIntoBall(out, x, origin, epsilon);
  return out;
}

/**
 * Undoes roundings that went away from the origin, those furthest from the exact image first, one level at a time, until
 * the l2 distance fits.
 */
function shrinkIntoBall(
  out: Float32Array,
  x: Float32Array,
  origin: Float32Array,
  epsilon: number,
): void {
  let squares = 0;
  for (let i = 0; i < out.length; i++) squares += (out[i]! - origin[i]!) ** 2;
  const budget = epsilon * epsilon * (1 + 1e-9);
  while (squares > budget) {
    const excess = (i: number) => Math.abs(out[i]! - origin[i]!) - Math.abs(x[i]! - origin[i]!);
    const order = Array.from(out.keys())
      .filter((i) => out[i] !== origin[i])
      .sort((a, b) => excess(b) - excess(a));
    if (order.length === 0) return;
    for (const i of order) {
      if (squares <= budget) return;
      const before = out[i]! - origin[i]!;
      const levels = Math.abs(before) * 255;
      const after = levels <= 1.001 ? 0 : before - Math.sign(before) / 255;
      out[i] = after === 0 ? origin[i]! : origin[i]! + after;
      squares += (out[i]! - origin[i]!) ** 2 - before ** 2;
    }
  }
}
