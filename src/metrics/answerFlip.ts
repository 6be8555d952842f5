/**
 * Flips of an answer. Wordings are compared by what they say about the finding: "yes" to "Is there an effusion?" and "no"
 * to "Is the image free of effusion?" agree.
 */
import { proportion } from "./proportion.ts";
import type { Proportion } from "./proportion.ts";

export interface FlipRates {
  /** Pairs of wordings with different corrected answers, of all pairs. */
  readonly pair: Proportion;
  /** Paraphrases that differ from the first wording. */
  readonly base: Proportion;
  /** Whether any wording differs from any other. */
  readonly any: boolean;
}

/** @param corrected corrected answers, the plain wording first, then its paraphrases. */
export function flipRates(corrected: readonly string[]): FlipRates {
  let pairs = 0;
  let differing = 0;
  for (let i = 0; i < corrected.length; i++) {
    for (let j = i + 1; j < corrected.length; j++) {
      pairs++;
      if (corrected[i] !== corrected[j]) differing++;
    }
  }
  const paraphrases = corrected.slice(1);
  return {
    pair: proportion(differing, pairs),
    base: proportion(paraphrases.filter((a) => a !== corrected[0]).length, paraphrases.length),
    any: differing > 0,
  };
}
