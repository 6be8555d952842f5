/** The l2 axis on which a certified curve and the change made are drawn, on the page and in a figure. */
import type { CertificateResult } from "./results.ts";

/** Where the axis ends: past both the reach of the bounds and the change, unless that would hide the curve. */
export function radiusRange({
  radius,
  stackL2,
  sigma,
}: Pick<CertificateResult, "radius" | "stackL2" | "sigma">): [number, number] {
  const reach = radius > 0 ? radius : sigma;
  return [0, Math.max(1.35 * reach, Math.min(1.1 * stackL2, 3 * reach))];
}
