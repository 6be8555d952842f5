import { cosine, l2Norm, subtract } from "../tensor/norms.ts";

/** How far a feature travelled. */
export interface FeatureShift {
  /** Cosine of clean and disturbed, [-1, 1]; 1 for equal directions. Known as FCS in the Feature Space Smoothing papers. */
  readonly cosine: number;
  /** Euclidean distance. */
  readonly l2: number;
}

export function featureShift(clean: Float32Array, disturbed: Float32Array): FeatureShift {
  return { cosine: cosine(clean, disturbed), l2: l2Norm(subtract(clean, disturbed)) };
}
