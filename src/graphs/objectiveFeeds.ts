/** What a gradient graph is fed beside the picture: question, answers, reference, text or mask, by objective. */
import { LabError } from "../errors/labError.ts";
import { contrastOf } from "../model/attentionLoss.ts";
import type {
  AnswerObjective,
  AttentionObjective,
  Objective,
  TextObjective,
} from "../model/objective.ts";
import { answerIndex } from "../model/objectiveLoss.ts";
import {
  ANSWER_INPUTS,
  ATTENTION_INPUTS,
  REFERENCE_INPUT,
  TEXT_INPUTS,
} from "../onnx/edit/lossHeads.ts";
import { floatTensor, int64Tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { WeighedTap } from "./attentionGoal.ts";

/**
 * Prompts are padded to this many tokens, so that a new question needs no new session. The head is causal: what follows
 * the answering position cannot reach it.
 */
export const PROMPT_LENGTH = 32;

type Feeds = Readonly<Record<string, Tensor>>;

/** @param weighed the maps of a goal of attention, in the order of its head's inputs; else none. */
export function objectiveFeeds(
  objective: Objective,
  weighed: readonly WeighedTap[],
  padId: number,
): Feeds {
  switch (objective.kind) {
    case "answer":
      return answerFeeds(objective, padId);
    case "feature": {
      const { reference } = objective;
      return { [REFERENCE_INPUT]: floatTensor(reference, [1, reference.length]) };
    }
    case "text":
      return textFeeds(objective, padId);
    case "attention":
      return attentionFeeds(objective, weighed, padId);
  }
}

function answerFeeds(objective: AnswerObjective, padId: number): Feeds {
  const { promptIds, answers, answerTokenIds, answer, truth } = objective;
  const index = (of: string) => int64Tensor([answerIndex(answers, of)], [1]);
  return {
    ids: paddedIds(promptIds, padId),
    [ANSWER_INPUTS.position]: int64Tensor([promptIds.length - 1], [1]),
    [ANSWER_INPUTS.answerIds]: int64Tensor(answerTokenIds, [answers.length]),
    [ANSWER_INPUTS.target]: index(answer),
    ...(readsTruth(objective) ? { [ANSWER_INPUTS.truth]: index(truth ?? "") } : {}),
  };
}

export function readsTruth({ loss, aim }: Pick<AnswerObjective, "loss" | "aim">): boolean {
  return loss === "dlr" && aim === "towards";
}

function textFeeds({ promptIds, textIds }: TextObjective, padId: number): Feeds {
  const targets = Array<number>(PROMPT_LENGTH).fill(0);
  const counted = new Float32Array(PROMPT_LENGTH);
  textIds.forEach((id, k) => {
    targets[promptIds.length - 1 + k] = id;
    counted[promptIds.length - 1 + k] = 1;
  });
  return {
    // The last token of the text is said, not read.
    ids: paddedIds([...promptIds, ...textIds.slice(0, -1)], padId),
    [TEXT_INPUTS.ids]: int64Tensor(targets, [PROMPT_LENGTH]),
    [TEXT_INPUTS.counted]: floatTensor(counted, [PROMPT_LENGTH]),
  };
}

function attentionFeeds(
  objective: AttentionObjective,
  weighed: readonly WeighedTap[],
  padId: number,
): Feeds {
  const { of, loss, promptIds } = objective;
  const weights = weighed.flatMap((map, k) => {
    const values = loss === "scores" ? [contrastOf(map)] : [map.inside, map.counted];
    return attentionInputs(objective, k).map(
      (name, i) => [name, floatTensor(values[i]!, map.weights)] as const,
    );
  });
  return {
    ...Object.fromEntries(weights),
    ...(of === "answer" ? { ids: paddedIds(promptIds, padId) } : {}),
  };
}

/** Names of what the k-th map of a goal is fed. */
export function attentionInputs(
  { loss }: Pick<AttentionObjective, "loss">,
  k: number,
): readonly string[] {
  const { inside, counted, contrast } = ATTENTION_INPUTS;
  return loss === "scores" ? [contrast(k)] : [inside(k), counted(k)];
}

/** @throws LabError "question-invalid" for more tokens than there is room for */
function paddedIds(ids: readonly number[], padId: number): Tensor {
  if (ids.length > PROMPT_LENGTH) {
    throw new LabError(
      "question-invalid",
      `The question, with what is to be said, has ${ids.length} tokens; attacks take at most ${PROMPT_LENGTH}.`,
      { hint: "Ask it in fewer words." },
    );
  }
  const padding = Array<number>(PROMPT_LENGTH - ids.length).fill(padId);
  return int64Tensor([...ids, ...padding], [1, PROMPT_LENGTH]);
}
