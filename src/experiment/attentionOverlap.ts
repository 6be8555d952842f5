/** How alike two pictures' attention is. The answer's last layer tells a flip far better than the encoder's rollout, which stands in where there is none. */
import type { MetricsResult } from "./results.ts";

/** Structural similarity, 1 where nothing moved; NaN of a model without attention. */
export function attentionOverlap({
  attentionSsim,
  rolloutSsim,
}: Pick<MetricsResult, "attentionSsim" | "rolloutSsim">): number {
  return attentionSsim.findLast(({ kind }) => kind === "cross")?.ssim ?? rolloutSsim;
}
