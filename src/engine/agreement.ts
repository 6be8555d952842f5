/**
 * What one model says and holds in one of its forms on one backend, and how far two such readings lie apart: kernels that
 * are silently wrong show here, and so does what rounding the weights costs.
 */
import { movedStage } from "../experiment/formVerdict.ts";
import type { ExpandedQuestion } from "../language/questionBank.ts";
import type { AnswerResult } from "../system/reading.ts";
import { modelSystem } from "../system/modelSystem.ts";
import { canAnswer } from "../model/manifest.ts";
import { cosine } from "../tensor/norms.ts";
import { LabError } from "../errors/labError.ts";
import type { OnnxModel } from "../graphs/onnxModel.ts";

export interface FormReading {
  readonly answer: AnswerResult | null;
  /** Vectors by stage, in order from picture to answer. */
  readonly stages: readonly { readonly stage: string; readonly vector: Float32Array }[];
  /** Why the states between have no rows; undefined where they have. */
  readonly unseen: string | undefined;
}

export interface FormAgreement {
  readonly answer: string | null;
  readonly margin: number | null;
  /** Cosine to the reference, stage by stage. */
  readonly cosines: readonly { readonly stage: string; readonly cosine: number }[];
  /** What differs, by name; empty where nothing does. */
  readonly differs: readonly string[];
  readonly unseen: string | undefined;
}

/** Below every logit that a model makes. */
const LEAST = -1e4;

/** @throws LabError as the model's runs */
export async function readForm(
  model: OnnxModel,
  image: Float32Array,
  wording: ExpandedQuestion,
): Promise<FormReading> {
  const { embedding, tokens } = await model.encode(image, { maps: false });
  const isAsked = canAnswer(model.manifest);
  const system = modelSystem(model.manifest.id, model, () => Promise.resolve(), { maps: false });
  const answer = isAsked ? (await system.read(image, [wording])).answers[0]! : null;
  const promptIds = isAsked ? model.encodePrompt(wording.text) : [];
  const inside = await statesOf(model, image, promptIds);
  const logits = isAsked ? (await model.answer(tokens, promptIds, { maps: false })).logits : null;
  const picture = { stage: "picture tokens", vector: tokens.data };
  return {
    answer,
    unseen: typeof inside === "string" ? inside : undefined,
    stages: [
      ...(typeof inside === "string" ? [] : inside.encoder),
      picture,
      { stage: "embedding", vector: embedding },
      ...(typeof inside === "string" ? [] : inside.answer),
      // Words that an answer's own sum stands for are put out of the count by a number that would drown all others.
      ...(logits ? [{ stage: "logits", vector: logits.map((z) => (z < LEAST ? 0 : z)) }] : []),
    ],
  };
}

type Stages = FormReading["stages"];

/** The stream after each block of both sides, or why it can't be had. */
async function statesOf(
  model: OnnxModel,
  image: Float32Array,
  promptIds: readonly number[],
): Promise<{ readonly encoder: Stages; readonly answer: Stages } | string> {
  if (promptIds.length === 0) return "An encoder alone is compared by what it gives.";
  try {
    const sites = (await model.innerSites()).filter(({ role }) => role === "stream");
    const read = sites.map(({ id }) => id);
    const { states } = await model.innerRun({ image, promptIds, read });
    const of = (part: "encoder" | "answer"): Stages =>
      sites
        .filter((site) => site.part === part)
        .map(({ id, label, shape }) => ({
          stage: label,
          // Behind the question stands padding.
          vector:
            part === "answer" && shape[1]! >= promptIds.length
              ? states[id]!.subarray(0, promptIds.length * shape[2]!)
              : states[id]!,
        }));
    return { encoder: of("encoder"), answer: of("answer") };
  } catch (error) {
    if (error instanceof LabError) return error.message;
    throw error;
  }
}

/** Stages that only one of the two shows are left out: fused operators hide some. */
export function agreementOf(reference: FormReading, other: FormReading): FormAgreement {
  const known = new Map(reference.stages.map(({ stage, vector }) => [stage, vector]));
  const cosines = other.stages.flatMap(({ stage, vector }) => {
    const own = known.get(stage);
    return own?.length === vector.length ? [{ stage, cosine: cosine(own, vector) }] : [];
  });
  const [said, before] = [other.answer?.corrected ?? null, reference.answer?.corrected ?? null];
  return {
    answer: said,
    margin: other.answer?.margin ?? null,
    cosines,
    differs: [
      ...(said === before ? [] : [`answer (${before ?? "none"}, ${said ?? "none"})`]),
      ...cosines.flatMap(movedStage),
    ],
    unseen: other.unseen,
  };
}
