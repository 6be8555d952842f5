/** The losses that attacks maximise, from what the reader's own graphs return: no gradient graph is involved. */
import { LabError, invariant } from "../errors/labError.ts";
import { cosine } from "../tensor/norms.ts";
import type { AttackGoal, LossRequest } from "./visionLanguageModel.ts";

/** Position of the goal's answer among the question's. @throws LabError "spec-invalid" when it is not one of them. */
export function goalIndex(answers: readonly string[], answer: string): number {
  const index = answers.indexOf(answer);
  if (index >= 0) return index;
  throw new LabError(
    "spec-invalid",
    `"${answer}" is not an answer to this question (${answers.join(", ")}).`,
    { hint: "Choose one of the listed answers as the attack's goal." },
  );
}

/**
 * Carlini & Wagner's margin: away from an answer max_{k != y} z_k - z_y, towards one its negative.
 * @param logits [V] at the answering position. @returns logits, to be maximised.
 */
export function answerLoss(
  logits: ArrayLike<number>,
  goal: Exclude<AttackGoal, { kind: "feature" }>,
  { answers, answerTokenIds }: Pick<LossRequest, "answers" | "answerTokenIds">,
): number {
  const target = goalIndex(answers, goal.answer);
  let other = -Infinity;
  answerTokenIds.forEach((id, k) => {
    if (k !== target) other = Math.max(other, logits[id]!);
  });
  const margin = other - logits[answerTokenIds[target]!]!;
  return goal.kind === "away" ? margin : -margin;
}

/** 1 - cosine of an embedding and the reference, to be maximised. */
export function featureLoss(embedding: Float32Array, reference: Float32Array | undefined): number {
  invariant(reference, "no reference feature");
  return 1 - cosine(embedding, reference);
}
