/** What instruments that look inside a model share: its inside or the sentence why not, and margins of inner runs. */
import { recognizeQuestion } from "../language/recognize.ts";
import { answerLoss } from "../model/objectiveLoss.ts";
import { canAnswer } from "../model/manifest.ts";
import type { InnerSite } from "../model/innerModel.ts";
import type { AnswerObjective } from "../model/objective.ts";
import { innerModelOf } from "../system/innerModelOf.ts";
import type { System } from "../system/system.ts";
import { LabError } from "../errors/labError.ts";
import { explained } from "./objectiveOf.ts";
import type { AnswerResult } from "../system/reading.ts";

export const BARE = "Seen in the bare model, without the experiment's defenses.";

/** Why the model's inside can't be had, as a sentence; undefined where it can. */
export function noInside(model: System): string | undefined {
  if (!canAnswer(model.manifest)) return "This model gives no answer that its inside leads to.";
  return innerModelOf(model) ? undefined : "The inside of this model can't be opened.";
}

/** Why sites from the picture to the answer can't be followed, as a sentence; undefined where they can. */
export function noAnswerSites(sites: readonly Pick<InnerSite, "part">[]): string | undefined {
  if (sites.some(({ part }) => part === "answer")) return undefined;
  return "This model's language side follows several texts at once and shows no place of its own for the question's words, so that no state can be followed to the answer.";
}

/** The margin of one answer about the finding, in logits, whatever the wording's polarity. */
export function marginOf(
  model: System,
  question: string,
  about: Pick<AnswerResult, "corrected">,
): { readonly objective: AnswerObjective; margin(logits: Float32Array): number } {
  const objective = explained(model, question, about);
  return { objective, margin: (logits) => answerLoss(logits, objective) };
}

/** Prompt of a question for an inner run. @throws LabError "question-invalid" */
export function promptOf(model: System, question: string): readonly number[] {
  return model.encodePrompt(recognizeQuestion(question).text);
}

/** A question too long or a graph of another form is no fault of the run: its sentence becomes the obstacle. */
export async function orObstacle<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LabError) || error.code === "internal" || error.code === "backend-lost")
      throw error;
    return error.message;
  }
}
