/** Objectives from what the reader's own graphs return: no gradient graph is involved. */
import { LabError } from "../errors/labError.ts";
import { cosine, l2Norm, subtract } from "../tensor/norms.ts";
import type { AnswerObjective, FeatureObjective, TextObjective } from "./objective.ts";

/** Position of an answer among the question's. @throws LabError "spec-invalid" when it is not one of them. */
export function answerIndex(answers: readonly string[], answer: string): number {
  const index = answers.indexOf(answer);
  if (index >= 0) return index;
  throw new LabError(
    "spec-invalid",
    `"${answer}" is not an answer to this question (${answers.join(", ")}).`,
    { hint: "Choose one of the listed answers as the attack's goal." },
  );
}

/** Fewest answers that a loss can tell apart. */
export function leastAnswers({ loss, aim }: Pick<AnswerObjective, "loss" | "aim">): number {
  if (loss !== "dlr") return 2;
  return aim === "towards" ? 4 : 3;
}

/** @throws LabError "spec-invalid" for a loss that this question has too few answers for. */
export function checkAnswerObjective(objective: AnswerObjective): void {
  const least = leastAnswers(objective);
  const { answers, aim, loss } = objective;
  if (answers.length >= least) return;
  throw new LabError(
    "spec-invalid",
    `The ${aim === "towards" ? "targeted " : ""}${loss.toUpperCase()} loss needs at least ${least} answers, and this question has ${answers.length}.`,
    { hint: "Use the margin or the cross-entropy loss, or a question with more answers." },
  );
}

/**
 * With z the answers' logits and y the objective's answer (Carlini & Wagner 2017; Croce & Hein 2020), away from y; towards y
 * is the negative of margin and cross-entropy, and -(z_truth - z_y) / (z_(1) - (z_(3) + z_(4)) / 2) for DLR:
 * - margin: max_{k != y} z_k - z_y; cross-entropy: -log softmax(z)_y;
 * - DLR: -(z_y - max_{k != y} z_k) / (z_(1) - z_(3)).
 * @param logits [V] at the answering position. @returns to be maximised.
 */
export function answerLoss(logits: ArrayLike<number>, objective: AnswerObjective): number {
  checkAnswerObjective(objective);
  const { aim, loss, answers, answerTokenIds, truth = "" } = objective;
  const z = answerTokenIds.map((id) => logits[id]!);
  const target = answerIndex(answers, objective.answer);
  const sign = aim === "away" ? 1 : -1;
  const largest = Math.max(...z);
  if (loss === "cross-entropy") {
    const total = z.reduce((sum, v) => sum + Math.exp(v - largest), 0);
    return sign * (Math.log(total) + largest - z[target]!);
  }
  const margin = Math.max(...z.filter((_, k) => k !== target)) - z[target]!;
  if (loss === "margin") return sign * margin;
  const ranked = [...z].sort((a, b) => b - a);
  if (aim === "away") return margin / (ranked[0]! - ranked[2]!);
  const from = z[answerIndex(answers, truth)]!;
  return (z[target]! - from) / (ranked[0]! - (ranked[2]! + ranked[3]!) / 2);
}

/** 1 - cosine or squared distance of an embedding and the reference; towards it, the negative. */
export function featureLoss(embedding: Float32Array, objective: FeatureObjective): number {
  const { reference, loss, aim } = objective;
  const distance =
    loss === "cosine"
      ? 1 - cosine(embedding, reference)
      : l2Norm(subtract(embedding, reference)) ** 2;
  return aim === "away" ? distance : -distance;
}

/**
 * Log-likelihood of the text, the sum over its tokens of log softmax over the vocabulary, in nats; away from it, the negative.
 * @param logits [L * V]: row k is read for token k of the text.
 */
export function textLoss(
  logits: Float32Array,
  { textIds, aim }: Pick<TextObjective, "textIds" | "aim">,
): number {
  const vocabulary = logits.length / textIds.length;
  let sum = 0;
  textIds.forEach((id, k) => {
    const row = logits.subarray(k * vocabulary, (k + 1) * vocabulary);
    let largest = -Infinity;
    for (const value of row) largest = Math.max(largest, value);
    let total = 0;
    for (const value of row) total += Math.exp(value - largest);
    sum += row[id]! - largest - Math.log(total);
  });
  return aim === "towards" ? sum : -sum;
}
