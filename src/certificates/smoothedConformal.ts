/**
 * Conformal sets that hold under attack (Gendler, Weng, Daniel & Romano 2022; with bounds for the finite number of draws, as Yan,
 * Romano & Weng 2024): the score 1 - p(answer) is averaged over Gaussian noise, and a change of l2 size r moves the normal quantile
 * of that average by at most r / sigma.
 *
 * Coverage, for a clean picture x exchangeable with the calibration cases and any x' within r of it: U(x) <= threshold has
 * probability 1 - a as ranks go (conformalThreshold of the upper bounds, at the error rate less 2 beta); U is above the true average but for `beta`, the average at x' is at most `reachable`, and L(x') is
 * below it but for `beta`. So the true answer is in the set with probability at least 1 - a - 2 beta.
 */
import { gridBet } from "./gridBet.ts";
import { normalCdf, normalQuantile } from "../numerics/normal.ts";

/** Bounds of one answer's smoothed score, each wrong with probability at most `beta`. */
export interface SmoothedScore {
  readonly lower: number;
  readonly upper: number;
}

/** @param draws scores of one answer on noisy copies, each in [0, 1]. */
export function smoothedScore(draws: readonly number[], beta: number): SmoothedScore {
  const bet = gridBet();
  for (const draw of draws) bet.add(draw);
  return { lower: bet.lowerBound(beta), upper: bet.upperBound(beta) };
}

/** The largest smoothed score that a true answer can have on a picture `ratio` = r / sigma away. */
export function reachable(threshold: number, ratio: number): number {
  return threshold >= 1 ? 1 : normalCdf(normalQuantile(threshold) + ratio);
}

/** From which r / sigma on an answer is in the set: 0 where it is in it without a change, Infinity where nothing brings it in. */
export function entersAt({ lower }: Pick<SmoothedScore, "lower">, threshold: number): number {
  if (threshold >= 1 || lower <= threshold) return 0;
  return normalQuantile(lower) - normalQuantile(threshold);
}
