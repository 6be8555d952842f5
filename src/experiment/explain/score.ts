/** What of a reading is explained: the answer it gave, or where there is none its own embedding. */
import type { AnswerObjective, FeatureObjective } from "../../model/objective.ts";
import { explained } from "../objectiveOf.ts";
import type { Subject } from "./explainer.ts";

type Read = Pick<Subject, "system" | "reading" | "question">;

/** Logit of the given answer less the best other one; without a text side the cosine to the picture's own embedding, less 1. */
export function marginObjective({
  system,
  reading,
  question,
}: Read): AnswerObjective | FeatureObjective {
  const { answer, embedding } = reading;
  if (answer) return explained(system, question, answer);
  return { kind: "feature", aim: "towards", reference: embedding, loss: "cosine" };
}

/**
 * Probability of the given answer among the question's answers; without a text side the cosine to the picture's own
 * embedding. Forward passes only.
 */
export function probabilityOf(read: Read): (image: Float32Array) => Promise<number> {
  const objective = marginObjective(read);
  if (objective.kind === "feature") {
    const { loss } = read.system.evaluator(objective);
    return async (image) => 1 + (await loss(image));
  }
  const { loss } = read.system.evaluator({ ...objective, aim: "away", loss: "cross-entropy" });
  return async (image) => Math.exp(-(await loss(image)));
}

export function scoreName({ answer }: Subject["reading"]): string {
  return answer ? `probability of "${answer.answer}"` : "cosine to the picture's own embedding";
}
