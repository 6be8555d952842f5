/**
 * Certificate of an answer by a vote under noise (Cohen, Rosenfeld & Kolter 2019): if the answer A wins a share p > 1/2 of
 * the noisy images, the majority answer is A for every image within l2 distance sigma Phi^-1(p). It holds for any pipeline,
 * decoder included, because it only counts answers.
 */
import { normalQuantile } from "../numerics/normal.ts";
import type { Certificate } from "./certificate.ts";
import { gridBet } from "./gridBet.ts";

export interface AnswerVote {
  /** One noisy image's answer: whether it is the answer that was fixed before the draws. */
  add(agrees: boolean): void;
  /** Share of agreeing draws and its lower confidence bound; valid at every n. */
  certificate(): Certificate & { readonly share: number; readonly shareLower: number };
}

/**
 * @param answer the answer to certify, chosen without looking at the draws (the clean image's answer).
 * @param settings alpha as left for the bound (see `alphaForBound`); divide it by the number of questions certified jointly.
 */
export function answerVote(
  answer: string,
  settings: { readonly sigma: number; readonly alpha: number; readonly seed: number },
): AnswerVote {
  const { sigma, alpha, seed } = settings;
  const bet = gridBet();
  return {
    add(agrees) {
      bet.add(agrees ? 1 : 0);
    },
    certificate() {
      const shareLower = bet.lowerBound(alpha);
      const isCertified = shareLower > 0.5;
      const radius = isCertified ? sigma * normalQuantile(shareLower) : 0;
      return {
        status: isCertified ? "certified" : "abstained",
        statement: isCertified
          ? `The majority answer under noise stays "${answer}" for every 8-bit image within l2 distance ${radius.toPrecision(3)}.`
          : `"${answer}" is not proven to hold the majority under noise, so nothing is stated.`,
        confidence: 1 - alpha,
        alpha,
        sigma,
        n: bet.count,
        seed,
        radius,
        share: bet.mean,
        shareLower,
      };
    },
  };
}
