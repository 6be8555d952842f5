/** From an experiment's goal to the number that an attack, an explanation or a check asks of a system. */
import { LabError } from "../errors/labError.ts";
import { correctedAnswer } from "../language/answer.ts";
import { recognizeQuestion } from "../language/recognize.ts";
import type {
  AnswerObjective,
  AttentionObjective,
  FeatureObjective,
  Objective,
  TextObjective,
} from "../model/objective.ts";
import { canAnswer } from "../model/manifest.ts";
import { answerSpaceOf } from "../system/answerSpace.ts";
import type { AnswerResult } from "../system/reading.ts";
import type { System } from "../system/system.ts";
import type { LossUnit, Readout } from "./results.ts";
import type { GoalSpec } from "./spec.ts";

/** What the objective is measured against. */
export interface Reference {
  readonly question: string;
  /** What the attacked system says of the clean picture. */
  readonly clean: Pick<Readout, "answer" | "embedding">;
  /** Embedding of the second picture or of the sentence, for a goal that names one. */
  readonly second?: Float32Array;
  /** The mask of a goal that names one: size * size pixels. */
  readonly mask?: Float32Array;
}

/**
 * @throws LabError "question-invalid" for a question that the system has no answers for; "spec-invalid" for a goal that this
 *   system or this mask can't have
 */
export function objectiveOf(
  system: System,
  goal: Exclude<GoalSpec, { kind: "writtenText" }>,
  reference: Reference,
): Objective {
  const { clean, question, second, mask } = reference;
  if (goal.kind === "text") return textObjective(system, question, goal);
  if (goal.kind === "attention") return attentionObjective(system, question, goal, mask);
  const { answer } = clean;
  const isTowards = goal.kind === "featureTowards" || goal.kind === "featureText";
  if (answer === null || goal.kind === "featureAway" || isTowards) {
    // Without a text side the features are all there is to move, whatever the goal says.
    const loss =
      "loss" in goal && (goal.loss === "squared-l2" || goal.loss === "cosine")
        ? goal.loss
        : "cosine";
    if (isTowards && second) return feature("towards", second, loss);
    return feature("away", clean.embedding, loss);
  }
  const loss = goal.loss ?? "margin";
  if (goal.kind === "untargeted")
    return answerObjective(system, question, { answer: answer.answer, aim: "away", loss });
  return targetedAt(system, question, goal.answer, { loss, truth: answer.answer });
}

function textObjective(
  system: System,
  question: string,
  { text, aim = "towards" }: Extract<GoalSpec, { kind: "text" }>,
): TextObjective {
  requireTextSide(system, "says nothing");
  const promptIds = system.encodePrompt(recognizeQuestion(question).text);
  const textIds = system.encodeText(text);
  return { kind: "text", aim, loss: "log-likelihood", promptIds, textIds };
}

function attentionObjective(
  system: System,
  question: string,
  goal: Extract<GoalSpec, { kind: "attention" }>,
  mask: Float32Array = new Float32Array(),
): AttentionObjective {
  const { aim = "towards", of = "encoder", loss = "mass" } = goal;
  if (mask.every((share) => share > 0)) {
    throw new LabError(
      "spec-invalid",
      "The attention is to be moved into a part of the picture or out of it, and this mask is all of the picture.",
      { hint: "Mark a part of the picture." },
    );
  }
  if (of === "answer") requireTextSide(system, "no answer looks at the picture");
  const promptIds = of === "answer" ? system.encodePrompt(recognizeQuestion(question).text) : [];
  return { kind: "attention", aim, loss, of, mask, promptIds };
}

function requireTextSide({ manifest }: System, so: string): void {
  if (canAnswer(manifest)) return;
  throw new LabError(
    "spec-invalid",
    `Model ${manifest.id} is an image encoder without a text side: ${so}.`,
    { hint: "Move its features or its own attention instead." },
  );
}

/** Towards an answer about the finding: a negated wording is made to say the opposite. */
function targetedAt(
  system: System,
  question: string,
  answer: string,
  how: Pick<AnswerObjective, "loss" | "truth">,
): AnswerObjective {
  const { polarity } = recognizeQuestion(question);
  return answerObjective(system, question, {
    ...how,
    aim: "towards",
    answer: correctedAnswer(answer, polarity),
  });
}

/** What speaks for the answer that was given: the objective whose gradient explains it. */
export function explained(
  system: System,
  question: string,
  said: Pick<AnswerResult, "corrected">,
): AnswerObjective {
  return targetedAt(system, question, said.corrected, { loss: "margin" });
}

function answerObjective(
  system: System,
  question: string,
  aim: Pick<AnswerObjective, "aim" | "answer" | "loss" | "truth">,
): AnswerObjective {
  const understood = recognizeQuestion(question);
  const { answers, tokenIds } = answerSpaceOf(system.manifest, understood);
  const promptIds = system.encodePrompt(understood.text);
  return { kind: "answer", ...aim, promptIds, answers, answerTokenIds: tokenIds };
}

function feature(
  aim: FeatureObjective["aim"],
  reference: Float32Array,
  loss: FeatureObjective["loss"],
): FeatureObjective {
  return { kind: "feature", aim, reference, loss };
}

/** Loss in words, for the trace's axis. */
export function lossNaming(objective: Objective): { lossName: string; lossUnit: LossUnit } {
  const { aim, loss } = objective;
  const isAway = aim === "away";
  switch (loss) {
    case "margin":
      return {
        lossName: aim === "away" ? "margin against clean" : "margin for the wanted answer",
        lossUnit: "logits",
      };
    case "cross-entropy":
      return {
        lossName:
          aim === "away"
            ? "cross-entropy of the clean answer"
            : "log-probability of the wanted answer",
        lossUnit: "nats",
      };
    case "dlr":
      return { lossName: "difference of logits ratio", lossUnit: "" };
    case "cosine":
      return aim === "away"
        ? { lossName: "1 − cosine of the embeddings", lossUnit: "" }
        : { lossName: "cosine to what is wanted − 1", lossUnit: "" };
    case "squared-l2":
      return {
        lossName:
          aim === "away"
            ? "squared distance of the embeddings"
            : "minus the squared distance to what is wanted",
        lossUnit: "",
      };
    case "log-likelihood":
      return {
        lossName: `${isAway ? "minus the " : ""}log-likelihood of the text`,
        lossUnit: "nats",
      };
    case "mass":
      return { lossName: `${isAway ? "minus the " : ""}attention in the mask`, lossUnit: "" };
    case "scores":
      return {
        lossName: `attention scores ${isAway ? "outside less inside" : "inside less outside"} the mask`,
        lossUnit: "",
      };
  }
}
