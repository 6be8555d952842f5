/** What a gradient graph is fed beside the picture: question, answers, reference, text or mask, by objective. */
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
import { paddedIds } from "./promptPadding.ts";
import type { Padding } from "./promptPadding.ts";

type Feeds = Readonly<Record<string, Tensor>>;

/** @param weighed the maps of a goal of attention, in the order of its head's inputs; else none. */
export function objectiveFeeds(
  objective: Objective,
  weighed: readonly WeighedTap[],
  padding: Padding,
): Feeds {
  switch (objective.kind) {
    case "answer":
      return answerFeeds(objective, padding);
    case "feature": {
      const { reference } = objective;
      return { [REFERENCE_INPUT]: floatTensor(reference, [1, reference.length]) };
    }
    case "text":
      return textFeeds(objective, padding);
    case "attention":
      return attentionFeeds(objective, weighed, padding);
  }
}

function answerFeeds(objective: AnswerObjective, padding: Padding): Feeds {
  const { promptIds, answers, answerTokenIds, answer, truth } = objective;
  const index = (of: string) => int64Tensor([answerIndex(answers, of)], [1]);
  return {
    ids: paddedIds(promptIds, padding),
    [ANSWER_INPUTS.position]: int64Tensor([promptIds.length - 1], [1]),
    [ANSWER_INPUTS.answerIds]: int64Tensor(answerTokenIds, [answers.length]),
    [ANSWER_INPUTS.target]: index(answer),
    ...(readsTruth(objective) ? { [ANSWER_INPUTS.truth]: index(truth ?? "") } : {}),
  };
}

export function readsTruth({ loss, aim }: Pick<AnswerObjective, "loss" | "aim">): boolean {
  return loss === "dlr" && aim === "towards";
}

function textFeeds({ promptIds, textIds }: TextObjective, padding: Padding): Feeds {
  const { length } = padding;
  const targets = Array<number>(length).fill(0);
  const counted = new Float32Array(length);
  textIds.forEach((id, k) => {
    targets[promptIds.length - 1 + k] = id;
    counted[promptIds.length - 1 + k] = 1;
  });
  return {
    // The last token of the text is said, not read.
    ids: paddedIds([...promptIds, ...textIds.slice(0, -1)], padding),
    [TEXT_INPUTS.ids]: int64Tensor(targets, [length]),
    [TEXT_INPUTS.counted]: floatTensor(counted, [length]),
  };
}

function attentionFeeds(
  objective: AttentionObjective,
  weighed: readonly WeighedTap[],
  padding: Padding,
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
    ...(of === "answer" ? { ids: paddedIds(promptIds, padding) } : {}),
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
