/** What a system says about a picture that nobody is shown. */
import type { ExpandedQuestion } from "../../language/questionBank.ts";
import type { AnswerResult } from "../../system/reading.ts";
import type { System } from "../../system/system.ts";

/**
 * The answers of `system.read`, to the last digit, without the encoder's maps of attention: of a noisy copy or a phantom no map is
 * shown, and reading them costs half a look natively and a fifth in the browser.
 * @throws LabError "question-invalid" for a wording that the model has no answers for
 */
export async function answersTo(
  system: System,
  image: Float32Array,
  wordings: readonly ExpandedQuestion[],
): Promise<readonly AnswerResult[]> {
  const { halves } = system;
  if (!halves) return (await system.read(image, wordings)).answers;
  return (await halves.answer(await halves.encode(image, { maps: false }), wordings)).answers;
}
