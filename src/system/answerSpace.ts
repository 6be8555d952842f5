import { LabError } from "../errors/labError.ts";
import type { ExpandedQuestion } from "../language/questionBank.ts";
import type { ModelManifest } from "../model/manifest.ts";

export interface AnswerSpace {
  readonly answers: readonly string[];
  readonly tokenIds: readonly number[];
}

/** The words a model may answer a question with. @throws LabError "question-invalid" when it has none. */
export function answerSpaceOf(
  { id, answerSpaces, labels }: ModelManifest,
  question: Pick<ExpandedQuestion, "answerSpace" | "text">,
): AnswerSpace {
  const space = answerSpaces[question.answerSpace];
  if (space) return space;
  throw new LabError("question-invalid", `Model ${id} has no answers for "${question.text}".`, {
    hint: `It answers questions about ${labels.join(", ")}.`,
  });
}
