/**
 * Certificate of a yes/no answer by its margin under noise: the margin m = logit(yes) - logit(no) is squashed to
 * h in [0, 1] with 1/2 at m = 0. If the mean H of h over the noise is above 1/2, it stays above 1/2 for every image within
 * l2 distance sigma Phi^-1(H). Unlike the vote it counts how sure each noisy answer is.
 */
import { normalCdf, normalQuantile } from "../numerics/normal.ts";
import type { Certificate } from "./certificate.ts";
import { gridBet } from "./gridBet.ts";

export interface SmoothedMargin {
  /** One noisy image's margin, logits. */
  add(margin: number): void;
  certificate(): Certificate & { readonly answer: "yes" | "no" | null };
  /** Bounds of the mean squashed margin of any image at this l2 distance; valid at 1 - 2 alpha. */
  envelope(radius: number): { readonly low: number; readonly high: number };
}

/**
 * @param settings.limit margins are cut at +-limit logits, then mapped linearly to [0, 1]. A small limit is the vote.
 * @param settings.alpha as left for the bound (see `alphaForBound`); both answers are tried, so each gets half.
 */
export function smoothedMargin(settings: {
  readonly sigma: number;
  readonly alpha: number;
  readonly seed: number;
  readonly limit: number;
}): SmoothedMargin {
  const { sigma, alpha, seed, limit } = settings;
  const bet = gridBet();
  return {
    add(margin) {
      bet.add(Math.max(-limit, Math.min(limit, margin)) / (2 * limit) + 0.5);
    },
    certificate() {
      const low = bet.lowerBound(alpha / 2);
      const high = bet.upperBound(alpha / 2);
      const answer = low > 0.5 ? "yes" : high < 0.5 ? "no" : null;
      const radius = sigma * Math.max(0, normalQuantile(answer === "no" ? 1 - high : low));
      return {
        status: answer === null ? "abstained" : "certified",
        statement:
          answer === null
            ? "The mean margin under noise is not proven to lie on either side, so nothing is stated."
            : `The mean margin under noise says "${answer}" for every 8-bit image within l2 distance ${radius.toPrecision(3)}.`,
        confidence: 1 - alpha,
        alpha,
        sigma,
        n: bet.count,
        seed,
        radius: answer === null ? 0 : radius,
        answer,
      };
    },
    envelope(radius) {
      const ratio = radius / sigma;
      return {
        low: normalCdf(normalQuantile(bet.lowerBound(alpha)) - ratio),
        high: normalCdf(normalQuantile(bet.upperBound(alpha)) + ratio),
      };
    },
  };
}
