/** One reading out of several looks at the same picture. */
import { correctedAnswer } from "../../language/answer.ts";
import { meanDirection } from "../../tensor/norms.ts";
import type { AnswerResult, Reading } from "../../system/reading.ts";

/** A stated probability of exactly 0 still has a finite logarithm. */
const LEAST = 1e-30;

/** @param readings of the same wordings, at least one. @param atLeast share of the looks that must give the answer. */
export function combinedReading(readings: readonly Reading[], atLeast: number): Reading {
  const [first] = readings;
  return {
    ...first!,
    answers: first!.answers.map((_, k) =>
      combinedAnswer(
        readings.map(({ answers }) => answers[k]!),
        atLeast,
      ),
    ),
    embedding: meanDirection(readings.map(({ embedding }) => embedding)),
    attention: first!.attention.map((layer, k) => ({
      ...layer,
      maps: mean(readings.map(({ attention }) => attention[k]!.maps)),
    })),
    selfAttentionMatrices: first!.selfAttentionMatrices.map((_, k) =>
      mean(readings.map(({ selfAttentionMatrices }) => selfAttentionMatrices[k]!)),
    ),
  };
}

/**
 * The answer of the mean logits: the softmax of the mean log-probabilities, which differ from them by a constant. For yes and
 * no its margin is the mean of the margins, so that an attack on the mean loss moves exactly what is answered.
 */
export function combinedAnswer(looks: readonly AnswerResult[], atLeast: number): AnswerResult {
  const [first] = looks;
  const words = Object.keys(first!.probabilities);
  const scores = words.map((word) =>
    average(looks.map(({ probabilities }) => Math.log(Math.max(LEAST, probabilities[word]!)))),
  );
  const peak = Math.max(...scores);
  const exps = scores.map((score) => Math.exp(score - peak));
  const total = exps.reduce((a, b) => a + b, 0);
  const best = scores.indexOf(peak);
  const answer = words[best]!;
  const isYesNo = words.includes("yes") && words.includes("no");
  const margin = isYesNo
    ? average(looks.map((look) => look.margin))
    : peak - Math.max(...scores.filter((_, k) => k !== best));
  const share = looks.filter((look) => look.answer === answer).length / looks.length;
  return {
    ...first!,
    answer,
    corrected: correctedAnswer(answer, first!.polarity),
    probabilities: Object.fromEntries(words.map((word, k) => [word, exps[k]! / total])),
    massOutside: average(looks.map(({ massOutside }) => massOutside)),
    margin,
    agreement: { looks: looks.length, share, abstains: share < atLeast },
  };
}

/** Element by element. */
export function mean(arrays: readonly Float32Array[]): Float32Array {
  const sums = new Float64Array(arrays[0]!.length);
  for (const array of arrays) {
    for (let i = 0; i < sums.length; i++) sums[i]! += array[i]!;
  }
  return Float32Array.from(sums, (sum) => sum / arrays.length);
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
