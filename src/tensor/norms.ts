/** Vector norms, cosine and projections on flat float arrays. Sums run in double precision. */

export type Norm = "linf" | "l2";

/** Largest magnitude. */
export function linfNorm(x: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < x.length; i++) {
    const magnitude = Math.abs(x[i]!);
    if (magnitude > max) max = magnitude;
  }
  return max;
}

export function l1Norm(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.abs(x[i]!);
  return sum;
}

export function l2Norm(x: ArrayLike<number>): number {
  return Math.sqrt(dot(x, x));
}

/** Number of entries with magnitude above `tolerance`. */
export function l0Norm(x: ArrayLike<number>, tolerance = 0): number {
  let count = 0;
  for (let i = 0; i < x.length; i++) if (Math.abs(x[i]!) > tolerance) count++;
  return count;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Cosine of the angle between two vectors; 0 where either is zero (no direction to compare). */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const norms = l2Norm(a) * l2Norm(b);
  return norms === 0 ? 0 : Math.max(-1, Math.min(1, dot(a, b) / norms));
}

export function subtract(a: ArrayLike<number>, b: ArrayLike<number>): Float32Array {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = a[i]! - b[i]!;
  return out;
}

/** The mean of vectors, scaled to length 1; all zero where they cancel. */
export function meanDirection(vectors: readonly Float32Array[]): Float32Array {
  const sums = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) {
    for (let i = 0; i < sums.length; i++) sums[i]! += vector[i]!;
  }
  const length = l2Norm(sums);
  return Float32Array.from(sums, (sum) => (length === 0 ? 0 : sum / length));
}
