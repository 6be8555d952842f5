/**
 * Lower bounds on the cosine between smoothed features. With the Gaussian robustness score
 * S = E[(1 + cos(f(x + noise), f(x))) / 2], noise ~ N(0, sigma^2), and a disturbed image within l2 distance eps of x, all
 * bounds follow from one lemma (Cohen, Rosenfeld & Kolter 2019; Salman et al. 2019): a smoothed function with values in
 * [0, 1] moves by at most eps / sigma after Phi^-1.
 */
import { normalCdf, normalQuantile } from "../numerics/normal.ts";

/** "A": feature cosine score bound; "B": angular; "C": strip, the intersection of the lemma over all directions. */
export type BoundForm = "A" | "B" | "C";

/** With which feature of the clean image the smoothed feature of the disturbed image is compared. */
export type CosineReference = "clean" | "smoothedClean";

export interface BoundDescription {
  readonly label: string;
  readonly references: readonly CosineReference[];
  readonly statement: string;
}

export const BOUND_FORMS: Readonly<Record<BoundForm, BoundDescription>> = {
  A: {
    label: "FCSB (Feature Space Smoothing, 2026)",
    references: ["clean", "smoothedClean"],
    statement:
      "The cosine between the smoothed feature of any image within this l2 distance and the clean image's feature, " +
      "unsmoothed or smoothed, is at least this.",
  },
  B: {
    label: "Angular bound",
    references: ["smoothedClean"],
    statement:
      "The cosine between the smoothed features of the clean image and of any image within this l2 distance is at " +
      "least this.",
  },
  C: {
    label: "Strip bound",
    references: ["smoothedClean"],
    statement:
      "The cosine between the smoothed features of the clean image and of any image within this l2 distance is at " +
      "least this (all directions of the plane at once, evaluated numerically and rounded down).",
  },
};

/**
 * @param scoreLower lower confidence bound of the score S, [0, 1].
 * @param ratio eps / sigma, at least 0.
 * @returns the certified cosine in [0, 1], NaN where the bound is vacuous (a negative value proves nothing: an encoder with
 * antipodal features can reach -1 there).
 */
export function cosineBound(scoreLower: number, ratio: number, form: BoundForm): number {
  // All forms need the smoothed feature to stay on the clean side of the origin.
  if (!(ratio >= 0 && ratio <= normalQuantile(scoreLower))) return NaN;
  switch (form) {
    case "A":
      return 2 * normalCdf(normalQuantile(scoreLower) - ratio) - 1;
    case "B": {
      const sine = (2 * normalCdf(ratio) - 1) / (2 * scoreLower - 1);
      return sine > 1 ? NaN : Math.sqrt(1 - sine * sine);
    }
    case "C":
      return stripBound(2 * scoreLower - 1, ratio);
  }
}

/** The best bound that speaks about this reference; NaN where all are vacuous. Taking the best costs no confidence. */
export function bestCosineBound(
  scoreLower: number,
  ratio: number,
  reference: CosineReference,
): number {
  let best = NaN;
  for (const form of ["A", "B", "C"] as const) {
    if (!BOUND_FORMS[form].references.includes(reference)) continue;
    const bound = cosineBound(scoreLower, ratio, form);
    if (!(bound <= best)) best = Number.isNaN(bound) ? best : bound;
  }
  return best;
}

/** Largest eps / sigma at which the bound is at least `cosine` ([0, 1)); 0 when there is none. */
export function radiusForCosine(scoreLower: number, cosine: number, form: BoundForm): number {
  const limit = normalQuantile(scoreLower);
  if (!(limit > 0) || cosine >= 1) return 0;
  switch (form) {
    case "A":
      return Math.max(0, limit - normalQuantile((1 + cosine) / 2));
    case "B": {
      const norm = 2 * scoreLower - 1;
      return normalQuantile((1 + norm * Math.sqrt(1 - cosine * cosine)) / 2);
    }
    case "C": {
      let low = 0;
      let high = Math.min(limit, 40);
      for (let step = 0; step < 50; step++) {
        const middle = (low + high) / 2;
        if (cosineBound(scoreLower, middle, "C") >= cosine) low = middle;
        else high = middle;
      }
      return low;
    }
  }
}

/** Leaving directions out keeps the strip bound valid (fewer constraints, smaller bound); 720 cost about 1e-6 of it. */
const ANGLES = Float64Array.from({ length: 720 }, (_, k) => (Math.PI * k) / 360);
const COS = ANGLES.map(Math.cos);
const SIN = ANGLES.map(Math.sin);

/**
 * In the plane of both smoothed features, with the clean one N (1, 0), the disturbed one v satisfies <v, a> <= U(a) for
 * every unit vector a, where U is the lemma's upper bound, and |v| <= 1. That set is convex and does not hold the origin,
 * so its directions are an interval; its end is the largest angle.
 */
function stripBound(norm: number, ratio: number): number {
  const upper = COS.map((c) => 2 * normalCdf(normalQuantile((1 + norm * c) / 2) + ratio) - 1);
  const angle = largestAngle(upper);
  return angle < Math.PI / 2 ? Math.cos(angle) : NaN;
}

/** The end of the reachable directions in [0, pi/2], rounded up; pi/2 when that is reachable too. */
function largestAngle(upper: Float64Array): number {
  const isReachable = (angle: number): boolean => {
    const c = Math.cos(angle);
    const s = Math.sin(angle);
    let shortest = 0;
    let longest = 1;
    for (let k = 0; k < upper.length; k++) {
      const along = c * COS[k]! + s * SIN[k]!;
      if (along > 1e-12) longest = Math.min(longest, upper[k]! / along);
      else if (along < -1e-12) shortest = Math.max(shortest, upper[k]! / along);
    }
    return shortest <= longest;
  };
  let reachable = 0;
  let beyond = Math.PI / 2;
  if (isReachable(beyond)) return beyond;
  for (let step = 0; step < 40; step++) {
    const middle = (reachable + beyond) / 2;
    if (isReachable(middle)) reachable = middle;
    else beyond = middle;
  }
  return beyond;
}
