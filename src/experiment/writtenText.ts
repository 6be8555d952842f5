/**
 * What a model writes of its own accord as a feature of the picture: the attack of a text towards a text (AttackVLM MF-tt, Zhao
 * et al. 2023). A text of the likeliest tokens has no gradient, so that an attacker can only ask. The texts are compared by the
 * lab's own text encoder, which need not be the attacked model's: the attacker brings it along.
 */
import { LabError } from "../errors/labError.ts";
import { close } from "../host/closing.ts";
import type { FeatureObjective } from "../model/objective.ts";
import { featureLoss } from "../model/objectiveLoss.ts";
import type { System } from "../system/system.ts";
import type { LabContext } from "./labContext.ts";

/** Whose text encoder compares the texts. */
export const COMPARING_MODEL = { id: "base", precision: "int8" } as const;

/** A sentence of a report is shorter. */
const MOST_TOKENS = 32;

/** The same system, whose feature is the embedding of what it writes behind the question. */
interface Written {
  readonly system: System;
  readonly objective: FeatureObjective;
}

/** @throws LabError "spec-invalid" for a system that writes no text, or answers by several */
export async function writtenTowards(
  attacked: System,
  { question, text }: { readonly question: string; readonly text: string },
  context: Pick<LabContext, "system" | "yieldToHost">,
): Promise<Written> {
  const { halves, manifest } = attacked;
  const say = halves?.say;
  if (!halves || !say) {
    throw new LabError(
      "spec-invalid",
      halves
        ? `${manifest.name} answers in single words: it writes no text that an attack could move.`
        : "Several pictures or models answer together here: there is no one text that an attack could move.",
      { hint: "Take a model that writes, such as LLaVA mini, or another goal." },
    );
  }
  const { embedText } = await context.system(COMPARING_MODEL.id, COMPARING_MODEL.precision);
  if (!embedText) throw new LabError("model-not-found", "The lab's text encoder is not here.");
  const known = new Map<string, Float32Array>();
  const embed = async (sentence: string): Promise<Float32Array> => {
    const embedding = known.get(sentence) ?? (await embedText([sentence]))[0]!;
    known.set(sentence, embedding);
    return embedding;
  };
  const promptIds = attacked.encodePrompt(question);
  const written = async (image: Float32Array): Promise<string> => {
    const { tokens } = await halves.encode(image);
    const speech = say(tokens, promptIds, { maxTokens: MOST_TOKENS });
    try {
      for (;;) {
        const step = await speech.next();
        if (step.done) return step.value.text.trim();
        await context.yieldToHost();
      }
    } finally {
      await close(speech);
    }
  };
  return {
    system: {
      ...attacked,
      evaluator: (objective) => ({
        loss: async (image) =>
          featureLoss(await embed(await written(image)), objective as FeatureObjective),
      }),
    },
    objective: { kind: "feature", aim: "towards", loss: "cosine", reference: await embed(text) },
  };
}
