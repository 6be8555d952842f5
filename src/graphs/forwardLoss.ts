/** An objective's loss by forward passes alone: what an attacker without gradients may ask, and what every gradient is checked against. */
import { attentionLoss } from "../model/attentionLoss.ts";
import type { AttentionObjective, Objective } from "../model/objective.ts";
import { answerLoss, featureLoss, textLoss } from "../model/objectiveLoss.ts";
import { floatData } from "../tensor/tensor.ts";
import { answerMaps, encoderMaps } from "./attentionGoal.ts";
import { tapValue } from "./encoder.ts";
import { embedImages } from "./embedding.ts";
import { answerFeeds, answerSideOf, rowAt } from "./modelParts.ts";
import type { ModelParts } from "./modelParts.ts";

/** @returns the loss of one picture, size*size, [0, 1]; to be maximised */
export async function forwardLoss(
  parts: ModelParts,
  image: Float32Array,
  objective: Objective,
): Promise<number> {
  switch (objective.kind) {
    case "feature": {
      const [embedding] = await embedImages(parts.encoder, [image]);
      return featureLoss(embedding!, objective);
    }
    case "answer": {
      const { promptIds } = objective;
      const { logits: name } = answerSideOf(parts);
      const { [name]: logits } = await said(parts, image, promptIds, [name]);
      return answerLoss(rowAt(logits!, promptIds.length - 1, name), objective);
    }
    case "text": {
      const { promptIds, textIds } = objective;
      const { logits: spoken, textLogits: name = spoken } = answerSideOf(parts);
      const read = [...promptIds, ...textIds.slice(0, -1)];
      const { [name]: logits } = await said(parts, image, read, [name]);
      const width = logits!.shape.at(-1)!;
      const rows = floatData(logits!, name).subarray(0, read.length * width);
      return textLoss(rows.subarray((promptIds.length - 1) * width), objective);
    }
    case "attention":
      return lossOfAttention(parts, image, objective);
  }
}

async function lossOfAttention(
  parts: ModelParts,
  image: Float32Array,
  objective: AttentionObjective,
): Promise<number> {
  const { encoder, taps, grid } = parts;
  const { promptIds, of } = objective;
  const valueOf = (tap: string) => (of === "encoder" ? tapValue(encoder.parts.vision, tap) : tap);
  const maps =
    of === "encoder"
      ? encoderMaps(taps, objective)
      : answerMaps(answerSideOf(parts).crossTaps, grid, objective, promptIds.length);
  const wanted = maps.map(({ tap }) => valueOf(tap));
  const made =
    of === "encoder"
      ? await encoder.run([image], wanted)
      : await said(parts, image, promptIds, wanted);
  return attentionLoss(
    objective,
    maps.map((weighed) => {
      const value = valueOf(weighed.tap);
      return { data: floatData(made[value]!, value), weighed };
    }),
  );
}

/** What the answering graph makes of a picture and these tokens. */
async function said(
  parts: ModelParts,
  image: Float32Array,
  ids: readonly number[],
  wanted: readonly string[],
) {
  const { encoder } = parts;
  const { tokens } = encoder.parts;
  const { session } = answerSideOf(parts);
  const encoded = await encoder.run([image], [tokens]);
  return session.run(answerFeeds(parts, ids, encoded[tokens]!), wanted);
}
