/**
 * A decoder's graph for one whole prompt: everything but the embeddings becomes a constant (no earlier steps, nothing
 * masked), the picture's tokens stand where the prompt has its place for them, and the logits are those of the next token.
 */
import { LabError } from "../../errors/labError.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { GraphView } from "../../onnx/graph.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, declaredDims, elementTypeOf } from "../../onnx/messages.ts";
import type { ModelProto, ValueInfoProto } from "../../onnx/messages.ts";
import { protoFromTensor, tensorTypeOf } from "../../onnx/tensorData.ts";

export interface PromptShape {
  /** Tokens of the text before the picture, of the picture, and of the text after it. */
  readonly before: number;
  readonly image: number;
  readonly after: number;
  /** Channels of an embedding. */
  readonly width: number;
}

export const PROMPT_VALUES = {
  before: "text_before",
  image: "image_features",
  after: "text_after",
  /** [V]: logits of the token after the prompt. */
  logits: "next_logits",
} as const;

/** @throws LabError "model-unsupported" for an input that the lab does not know how to feed */
export function promptDecoder(model: ModelProto, shape: PromptShape): ModelProto {
  const view = new GraphView(model);
  const embeddings = view.input("inputs_embeds");
  if (embeddings === undefined || !view.has("logits")) {
    throw new LabError("model-unsupported", "The decoder graph has no inputs_embeds or no logits.");
  }
  const b = new GraphBuilder(model);
  b.setInputs([]);
  const length = shape.before + shape.image + shape.after;
  for (const info of view.inputs) {
    if (info.name === "inputs_embeds") continue;
    b.addInitializer(protoFromTensor(info.name, fixedInput(info, length)));
  }
  const parts = (["before", "image", "after"] as const)
    .filter((part) => shape[part] > 0)
    .map((part) =>
      b.addInput(PROMPT_VALUES[part], ELEMENT_TYPE.float32, [1, shape[part], shape.width]),
    );
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

/** What every other input holds at the start of an answer. */
export function fixedInput(info: ValueInfoProto, length: number): Tensor {
  const { name } = info;
  const dims = declaredDims(info) ?? [];
  const ones = (count: number): BigInt64Array => new BigInt64Array(count).fill(1n);
  if (name === "attention_mask" && dims.length === 2) {
    return { dtype: "int64", shape: [1, length], data: ones(length) };
  }
  if (name === "position_ids" && dims.length === 2) {
    const data = BigInt64Array.from({ length }, (_, i) => BigInt(i));
    return { dtype: "int64", shape: [1, length], data };
  }
  if (name === "use_cache_branch") return { dtype: "bool", shape: [1], data: Uint8Array.of(0) };
  if (name === "num_logits_to_keep") return { dtype: "int64", shape: [], data: ones(1) };
  if (isPast(name)) return emptyPast(info);
  throw new LabError(
    "model-unsupported",
    `The decoder graph has the input ${name} [${dims.join(", ")}], which the lab does not know how to feed.`,
  );
}

export function isPast(name: string): boolean {
  return /^past_key_values\.\d+\.(key|value)$/.test(name);
}

function emptyPast(info: ValueInfoProto): Tensor {
  const [, heads, , width] = declaredDims(info) ?? [];
  const dtype = tensorTypeOf(elementTypeOf(info));
  if (typeof heads !== "number" || typeof width !== "number") {
    throw new LabError("model-unsupported", `${info.name} does not say how many heads it has.`);
  }
  const shape = [1, heads, 0, width];
  if (dtype === "float16") return { dtype, shape, data: new Uint16Array(0) };
  if (dtype === "float32") return { dtype, shape, data: new Float32Array(0) };
  throw new LabError("model-unsupported", `${info.name} holds no floating-point numbers.`);
}
