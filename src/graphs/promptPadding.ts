/** Prompts brought to the one length that a graph takes. */
import { LabError } from "../errors/labError.ts";
import type { ModelManifest } from "../model/manifest.ts";
import { int64Tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { AnswerShape } from "./readyModel.ts";

/**
 * Prompts of a graph that takes any length are padded to this many tokens, so that a new question needs no new session. The head is causal: what follows
 * the answering position cannot reach it.
 */
const PROMPT_LENGTH = 32;

/** How prompts are padded. */
export interface Padding {
  readonly padId: number;
  readonly length: number;
}

/** @throws LabError "question-invalid" for more tokens than there is room for */
export function paddedIds(ids: readonly number[], { padId, length }: Padding): Tensor {
  if (ids.length > length) {
    throw new LabError(
      "question-invalid",
      `The question, with what is to be said, has ${ids.length} tokens; this model is open for at most ${length}.`,
      { hint: "Ask it in fewer words." },
    );
  }
  const padding = Array<number>(length - ids.length).fill(padId);
  return int64Tensor([...ids, ...padding], [1, length]);
}

/** How a model's prompts are padded where a graph takes one length alone. */
export function paddingOf({
  manifest,
  answerSide,
}: {
  readonly manifest: Pick<ModelManifest, "tokenizer">;
  readonly answerSide: AnswerShape | undefined;
}): Padding {
  return {
    padId: answerSide?.padId ?? manifest.tokenizer?.specialTokens.pad ?? 0,
    length: answerSide?.promptLength ?? PROMPT_LENGTH,
  };
}
