/** Everything read off one image: the answer to each wording, the features, and where the model looked. */
import { rolloutReceived } from "../explanations/rollout.ts";
import { decodeAnswer } from "../language/answer.ts";
import { paraphrasesOf } from "../language/paraphrases.ts";
import type { ExpandedQuestion } from "../language/questionBank.ts";
import { recogniseQuestion } from "../language/recognise.ts";
import { canAnswer } from "../model/manifest.ts";
import type { Encoding, ReadingModel } from "../model/visionLanguageModel.ts";
import { LabError } from "../errors/labError.ts";
import type { AnswerResult, Readout } from "./results.ts";

/** Wordings asked beside the reader's own. */
export const PARAPHRASES = 7;

export interface AnswerSpace {
  readonly answers: readonly string[];
  readonly tokenIds: readonly number[];
}

/** @throws LabError "question-invalid" when the model has no such answers. */
export function answerSpaceOf(model: ReadingModel, question: ExpandedQuestion): AnswerSpace {
  const space = model.manifest.answerSpaces[question.answerSpace];
  if (!space) {
    throw new LabError(
      "question-invalid",
      `Model ${model.manifest.id} has no answers for "${question.text}".`,
      { hint: `It answers questions about ${model.manifest.labels.join(", ")}.` },
    );
  }
  return space;
}

/** Answers of one encoded image to one wording. */
async function ask(
  model: ReadingModel,
  encoding: Encoding,
  question: ExpandedQuestion,
): Promise<{ result: AnswerResult; attention: Readout["attention"] }> {
  const space = answerSpaceOf(model, question);
  const { logits, crossAttention } = await model.answer(
    encoding.tokens,
    model.encodePrompt(question.text),
  );
  const decoded = decodeAnswer(logits, space.answers, space.tokenIds, question.polarity);
  return {
    result: {
      question: question.text,
      ...decoded,
      polarity: question.polarity,
      strategy: question.strategy,
      trained: !question.heldOut,
    },
    attention: crossAttention,
  };
}

export async function readOut(
  model: ReadingModel,
  image: Float32Array,
  question: string,
  yieldToHost: () => Promise<void>,
): Promise<{ readout: Readout; encoding: Encoding }> {
  const understood = canAnswer(model.manifest) ? recogniseQuestion(question) : undefined;
  const encoding = await model.encode(image);
  await yieldToHost();
  const main = understood && (await ask(model, encoding, understood));
  const paraphrases: AnswerResult[] = [];
  for (const wording of understood ? paraphrasesOf(understood, PARAPHRASES) : []) {
    await yieldToHost();
    paraphrases.push((await ask(model, encoding, wording)).result);
  }
  const tokens = Math.round(Math.sqrt(encoding.selfAttentionMatrices[0]?.length ?? 0));
  const grid = model.manifest.tokenGrid ?? [1, encoding.tokens.shape[1]!];
  const cells = grid[0] * grid[1];
  return {
    encoding,
    readout: {
      answer: main?.result ?? null,
      paraphrases,
      embedding: encoding.embedding,
      grid: [grid[0], grid[1]],
      attention: [...encoding.attention, ...(main?.attention ?? [])],
      // Class or register tokens, if any, come before the image's.
      rollout:
        tokens === 0
          ? new Float32Array()
          : rolloutReceived(encoding.selfAttentionMatrices, tokens).slice(-cells),
    },
  };
}
