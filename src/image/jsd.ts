import { sumNormalized } from "./normalize.ts";

/**
 * Jensen-Shannon divergence of two non-negative maps, each normalised to sum 1, in bits: 0 for equal maps, 1 for maps
 * that do not overlap (Lin 1991).
 */
export function jensenShannonBits(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const p = sumNormalized(a);
  const q = sumNormalized(b);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const middle = (p[i]! + q[i]!) / 2;
    if (p[i]! > 0) sum += p[i]! * Math.log2(p[i]! / middle);
    if (q[i]! > 0) sum += q[i]! * Math.log2(q[i]! / middle);
  }
  // Rounding may leave a sum a few 1e-17 outside the range.
  return Math.max(0, Math.min(1, sum / 2));
}
