/** The right answer to a question about a phantom, whose findings are known. */
import type { InputResult } from "../../experiment/results.ts";
import { answerFor } from "../../language/questionTruth.ts";
import { interpretQuestion } from "../../language/recognise.ts";
import { patientOf } from "../../phantom/patient.ts";
import type { PhantomSpec } from "../../phantom/spec.ts";

/** The word, or null where the question has none: the side of what is absent, equal sides, pneumonia. */
export function trueAnswer(
  question: string,
  phantom: PhantomSpec,
  truth: Pick<NonNullable<InputResult["truth"]>, "findings">,
): string | null {
  const { understood } = interpretQuestion(question);
  if (!understood) return null;
  return answerFor(understood, { findings: truth.findings, patient: patientOf(phantom) });
}
