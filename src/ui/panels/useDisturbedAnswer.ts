/** The answer about the disturbed picture, as long as it answers the same wording as the one about the clean picture. */
import type { AnswerResult } from "../../system/reading.ts";
import { useResults } from "../context/stores.ts";

/** Undefined while it is still the answer to an earlier question: two questions side by side would read as a change of mind. */
export function useDisturbedAnswer(): AnswerResult | undefined {
  return useResults(({ stages: { clean, readout } }) => {
    const answer = readout?.payload.answer;
    return answer && answer.question === clean?.payload.answer?.question ? answer : undefined;
  });
}
