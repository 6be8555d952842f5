/**
 * A decoder's graph for one whole prompt: everything but the embeddings becomes a constant (no earlier steps, nothing
 * masked), the picture's tokens stand where the prompt has its place for them, and the logits are those of the next token.
 */
import { LabError } from "../../errors/labError.ts";
import { GraphView } from "../../onnx/graph.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, elementTypeOf } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { protoFromTensor } from "../../onnx/tensorData.ts";
import type { FamilyRules } from "./families.ts";
import type { Prompt } from "./prompt.ts";
import { partsOf, toldInput, toldOf } from "./sequence.ts";
import type { SequenceShape } from "./sequence.ts";
import { inSequence } from "./tiles.ts";

export interface PromptShape extends SequenceShape {
  /** Channels of an embedding. */
  readonly width: number;
  /** Tiles along each side of the picture; 0 where it is not cut. */
  readonly tiles: number;
}

export const PROMPT_VALUES = {
  before: "text_before",
  image: "image_features",
  between: "text_between",
  after: "text_after",
  /** [V]: logits of the token after the prompt. */
  logits: "next_logits",
} as const;

/** @throws LabError "model-unsupported" for an input that the lab does not know how to feed */
export function promptDecoder(
  model: ModelProto,
  shape: PromptShape,
  rules: FamilyRules,
): ModelProto {
  const view = new GraphView(model);
  const embeddings = view.input("inputs_embeds");
  if (embeddings === undefined || !view.has("logits")) {
    throw new LabError("model-unsupported", "The decoder graph has no inputs_embeds or no logits.");
  }
  const b = new GraphBuilder(model);
  b.setInputs([]);
  const told = toldOf(rules, shape);
  for (const info of view.inputs) {
    if (info.name === "inputs_embeds") continue;
    b.addInitializer(protoFromTensor(info.name, toldInput(info, told)));
  }
  const parts = promptParts(b, shape);
  const type = elementTypeOf(embeddings);
  const joined = b.add("Concat", parts, {
    attributes: { axis: { int: 1 } },
    ...(type === ELEMENT_TYPE.float32 ? { outputs: ["inputs_embeds"] } : {}),
  });
  if (type !== ELEMENT_TYPE.float32) {
    b.add("Cast", [joined], { attributes: { to: { int: type } }, outputs: ["inputs_embeds"] });
  }
  const last = b.add("Gather", ["logits", b.int(-1)], { attributes: { axis: { int: 1 } } });
  const wide = b.add("Cast", [last], { attributes: { to: { int: ELEMENT_TYPE.float32 } } });
  b.add("Reshape", [wide, b.ints([-1])], { outputs: [PROMPT_VALUES.logits] });
  b.setOutputs([]);
  b.addOutput(PROMPT_VALUES.logits, ELEMENT_TYPE.float32);
  return b.build();
}

/** Ids of a prompt's texts by the input that takes their embeddings; empty ones left out. */
export function wordsOf({ before, between, after }: Prompt): Record<string, readonly number[]> {
  const all = {
    [PROMPT_VALUES.before]: before,
    [PROMPT_VALUES.between]: between.flat(),
    [PROMPT_VALUES.after]: after,
  };
  return Object.fromEntries(Object.entries(all).filter(([, ids]) => ids.length > 0));
}

/** Adds the inputs of a prompt's parts that are not empty. @returns names of their slices, in the sequence's order */
export function promptParts(b: GraphBuilder, shape: PromptShape): string[] {
  const { before, image, between, after, width, tiles } = shape;
  const lengths = { before, image, between: between.reduce((sum, n) => sum + n, 0), after };
  const whole = (["before", "image", "between", "after"] as const)
    .filter((part) => lengths[part] > 0)
    .map((part): [string, string] => [
      part,
      b.addInput(PROMPT_VALUES[part], ELEMENT_TYPE.float32, [1, lengths[part], width]),
    ]);
  const named = new Map(whole);
  named.set("image", inSequence(b, named.get("image")!, { tiles, image, width }));
  return partsOf(shape).map(({ of, from, to }) =>
    to - from === lengths[of]
      ? named.get(of)!
      : b.add("Slice", [named.get(of)!, b.ints([from]), b.ints([to]), b.ints([1])]),
  );
}
