/**
 * FSF index: the share of answer flips between paraphrases during which the attention map stayed the same. High means that
 * the explanation does not explain: the model looked at the same place and said something else.
 */
export interface FsfIndex {
  /** Null when no pair flipped: there is nothing to judge then. */
  readonly index: number | null;
  readonly flips: number;
  /** Pairs (i, j) with different answers, with the similarity of their maps. */
  readonly pairs: readonly {
    readonly i: number;
    readonly j: number;
    readonly similarity: number;
    readonly isStable: boolean;
  }[];
}

/**
 * @param answers polarity-corrected answers of the wordings of one question.
 * @param similarity of the maps of wordings i and j: SSIM on the token grid (`mapSsim`), never of sum-normalised maps.
 * @param tau maps more similar than this count as the same; calibrate it on maps of different questions.
 */
export function fsfIndex(
  answers: readonly string[],
  similarity: (i: number, j: number) => number,
  tau = 0.85,
): FsfIndex {
  const pairs = answers.flatMap((answer, i) =>
    answers.flatMap((other, j) => {
      if (j <= i || answer === other) return [];
      const value = similarity(i, j);
      return [{ i, j, similarity: value, isStable: value > tau }];
    }),
  );
  const stable = pairs.filter((pair) => pair.isStable).length;
  return { index: pairs.length === 0 ? null : stable / pairs.length, flips: pairs.length, pairs };
}
