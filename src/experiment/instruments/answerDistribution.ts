/** Answers as distributions about the finding, so that negated wordings can be averaged with the others. */
import type { AnswerResult } from "../../system/reading.ts";

/** Probabilities over `answers`, yes and no swapped where the wording is negated. */
export function distributionOf(
  { probabilities, polarity }: Pick<AnswerResult, "probabilities" | "polarity">,
  answers: readonly string[],
): readonly number[] {
  return answers.map((answer) => {
    const spoken =
      polarity > 0 ? answer : answer === "yes" ? "no" : answer === "no" ? "yes" : answer;
    return probabilities[spoken] ?? 0;
  });
}
