/** One reading out of several models' of the same picture. */
import { correctedAnswer } from "../../language/answer.ts";
import type { AnswerResult, Reading } from "../../system/reading.ts";

/** "mean": of the probabilities; "vote": the answer that most of the weight gives. */
export type PoolRule = "mean" | "vote";

/** A stated probability of exactly 0 still has a finite logarithm. */
const LEAST = 1e-30;

/** @param weights one a reading, summing to 1. @param atLeast share of the weight that must give the answer. */
export function pooledReading(
  readings: readonly Reading[],
  weights: readonly number[],
  { rule, atLeast }: { readonly rule: PoolRule; readonly atLeast: number },
): Reading {
  const [first] = readings;
  return {
    ...first!,
    answers: first!.answers.map((_, k) =>
      pooledAnswer(
        readings.map(({ answers }) => answers[k]!),
        weights,
        { rule, atLeast },
      ),
    ),
    embedding: joined(
      readings.map(({ embedding }) => embedding),
      weights,
    ),
    attention: first!.attention.map((layer, k) => ({
      ...layer,
      maps: weightedMean(
        readings.map(({ attention }) => attention[k]!.maps),
        weights,
      ),
    })),
    selfAttentionMatrices: first!.selfAttentionMatrices.map((_, k) =>
      weightedMean(
        readings.map(({ selfAttentionMatrices: own }) => own[k]!),
        weights,
      ),
    ),
  };
}

/**
 * p = sum w_i p_i, and the answer is its largest. A vote counts weights instead; its probabilities are then the mean of those
 * who won it, so that they say the answer that is given.
 */
export function pooledAnswer(
  said: readonly AnswerResult[],
  weights: readonly number[],
  { rule, atLeast }: { readonly rule: PoolRule; readonly atLeast: number },
): AnswerResult {
  const [first] = said;
  const words = Object.keys(first!.probabilities);
  const pooled = (who: (index: number) => boolean) => {
    const total = weights.reduce((sum, w, i) => sum + (who(i) ? w : 0), 0);
    return words.map(
      (word) =>
        said.reduce(
          (sum, { probabilities: p }, i) => sum + (who(i) ? weights[i]! * p[word]! : 0),
          0,
        ) / total,
    );
  };
  const behind = (word: string) =>
    said.reduce((sum, { answer }, i) => sum + (answer === word ? weights[i]! : 0), 0);
  const everyone = pooled(() => true);
  const votes = words.map(behind);
  // Ties of a vote go to the more probable answer.
  const scores = rule === "mean" ? everyone : votes.map((vote, k) => vote + 1e-6 * everyone[k]!);
  const best = scores.indexOf(Math.max(...scores));
  const answer = words[best]!;
  const p = rule === "mean" ? everyone : pooled((i) => said[i]!.answer === answer);
  const logs = p.map((value) => Math.log(Math.max(LEAST, value)));
  const [yes, no] = [words.indexOf("yes"), words.indexOf("no")];
  const share = behind(answer);
  return {
    ...first!,
    answer,
    corrected: correctedAnswer(answer, first!.polarity),
    probabilities: Object.fromEntries(words.map((word, k) => [word, p[k]!])),
    massOutside: said.reduce((sum, { massOutside }, i) => sum + weights[i]! * massOutside, 0),
    margin:
      yes >= 0 && no >= 0
        ? logs[yes]! - logs[no]!
        : logs[best]! - Math.max(...logs.filter((_, k) => k !== best)),
    agreement: { looks: said.length, share, isWeighed: true, abstains: share < atLeast },
  };
}

/** Unit vectors side by side, the i-th times sqrt(w_i): again of length 1, and a cosine is then the mean of the cosines. */
export function joined(parts: readonly Float32Array[], weights: readonly number[]): Float32Array {
  return Float32Array.from(
    parts.flatMap((part, i) => Array.from(part, (value) => Math.sqrt(weights[i]!) * value)),
  );
}

export function weightedMean(
  arrays: readonly Float32Array[],
  weights: readonly number[],
): Float32Array {
  const sums = new Float64Array(arrays[0]!.length);
  arrays.forEach((array, k) => {
    for (let i = 0; i < sums.length; i++) sums[i]! += weights[k]! * array[i]!;
  });
  return Float32Array.from(sums);
}
