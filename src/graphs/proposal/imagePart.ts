/** The part of a graph that one picture decides: its image input, and the outputs that need nothing else. */
import { LabError } from "../../errors/labError.ts";
import { isFloatType } from "../../onnx/elementTypes.ts";
import { cutGraph } from "../../onnx/edit/cut.ts";
import { withFloat32Inputs } from "../../onnx/edit/floatInputs.ts";
import { withFloatPixels } from "../../onnx/edit/floatPixels.ts";
import { isTensorOutput } from "../../onnx/edit/tensorOutputs.ts";
import { GraphView, nodeReads } from "../../onnx/graph.ts";
import { inlineFunctions } from "../../onnx/inline.ts";
import { ELEMENT_TYPE, decodeText, declaredDims, elementTypeOf } from "../../onnx/messages.ts";
import type { ModelProto, ValueInfoProto } from "../../onnx/messages.ts";
import { attributeOf } from "../../onnx/tensorData.ts";

export type PixelType = "float" | "uint8" | "int8" | "whole";

export interface ImagePart {
  /** Without local functions, other inputs, and outputs that need them or are no tensors; pixels as float32 if they can be. */
  readonly model: ModelProto;
  readonly image: ValueInfoProto;
  /** What the graph on disk takes; whole numbers are taken as float32 where `isRelaxed`. */
  readonly pixels: PixelType;
  /** False where the graph computes with the whole numbers themselves, which have no gradient. */
  readonly isRelaxed: boolean;
  /** Names of classes that the graph itself gives to its scores. */
  readonly labels: readonly string[];
  readonly notices: readonly string[];
}

const WHOLE: ReadonlySet<number> = new Set([
  ELEMENT_TYPE.uint8,
  ELEMENT_TYPE.int8,
  ELEMENT_TYPE.uint16,
  ELEMENT_TYPE.int16,
  ELEMENT_TYPE.int32,
  ELEMENT_TYPE.int64,
]);
const NEVER_PICTURES = /past_|cache|key_values|mask|embeds/i;
const TEXT = /input_ids|token_ids|attention_mask|text|prompt|caption/i;
const DECODER = /past_|cache|key_values|inputs_embeds|decoder|encoder_hidden_states/i;

/** @throws LabError "model-incompatible" for a graph that does not read one picture, saying what it reads. */
export function imagePart(source: ModelProto): ImagePart {
  const whole = inlineFunctions(source);
  const view = new GraphView(whole);
  const image = imageInput(view);
  const others = view.inputs.filter(({ name }) => name !== image.name);
  const needs = view.graph.output.map((info) => ({ info, inputs: inputsOf(view, info.name) }));
  const isAlone = ({ inputs }: (typeof needs)[number]): boolean =>
    inputs.has(image.name) && others.every(({ name }) => !inputs.has(name));
  const isTensor = (info: ValueInfoProto): boolean => isTensorOutput(view, info);
  const noTensors = needs.filter(({ info }) => !isTensor(info));
  const joint = needs.filter((need) => isTensor(need.info) && !isAlone(need));
  const kept = needs.filter((need) => isTensor(need.info) && isAlone(need));
  if (kept.length === 0) throw refusal(view, others);
  const notices: string[] = [];
  if (others.length > 0) {
    notices.push(
      `Opened as an image encoder: only ${list(kept)} comes from the picture alone. Its other inputs (${others.map(({ name }) => name).join(", ")})${joint.length > 0 ? ` and what needs them (${list(joint)})` : ""} are left out.`,
    );
  }
  for (const { info } of noTensors) {
    notices.push(`The output ${info.name} is a list or a map and no tensor; it is left out.`);
  }
  const isWhole = kept.length === needs.length && others.length === 0;
  const names = kept.map(({ info }) => info.name);
  const model = isWhole ? whole : cutGraph(whole, names);
  const type = elementTypeOf(image);
  const relaxed = withFloatPixels(model, image.name);
  return {
    model: withFloat32Inputs(relaxed ?? model),
    image,
    pixels: pixelType(type),
    isRelaxed: relaxed !== undefined,
    labels: zipMapLabels(view),
    notices,
  };
}

function pixelType(type: number): PixelType {
  if (isFloatType(type)) return "float";
  if (type === ELEMENT_TYPE.uint8) return "uint8";
  return type === ELEMENT_TYPE.int8 ? "int8" : "whole";
}

function list(needs: readonly { readonly info: ValueInfoProto }[]): string {
  return needs.map(({ info }) => info.name).join(", ");
}

function imageInput(view: GraphView): ValueInfoProto {
  const rank = (info: ValueInfoProto): number => declaredDims(info)?.length ?? 4;
  const pictures = view.inputs.filter(
    (info) =>
      rank(info) === 4 &&
      (isFloatType(elementTypeOf(info)) || WHOLE.has(elementTypeOf(info))) &&
      !NEVER_PICTURES.test(info.name),
  );
  const narrower = [
    pictures,
    pictures.filter((info) => [1, 3].some((k) => channelDims(info).includes(k))),
    pictures.filter((info) => /pixel|image|img/i.test(info.name)),
  ].find(({ length }) => length === 1);
  const [found] = narrower ?? [];
  if (found) return found;
  if (pictures.length > 1) {
    throw new LabError(
      "model-incompatible",
      `The model takes ${pictures.length} pictures (${inputList(pictures)}), and the lab gives it one.`,
      { hint: "Export it for one picture." },
    );
  }
  throw refusal(view, view.inputs);
}

/** Where a picture has its channels: second or last. */
function channelDims(info: ValueInfoProto): readonly (number | string)[] {
  const dims = declaredDims(info) ?? [];
  return [dims[1] ?? "?", dims[3] ?? "?"];
}

function refusal(view: GraphView, others: readonly ValueInfoProto[]): LabError {
  const { inputs } = view;
  const shown = inputList(inputs);
  const named = (pattern: RegExp) => others.filter(({ name }) => pattern.test(name));
  const hint =
    "Open the vision encoder of the same model (vision_model.onnx or vision_encoder.onnx in a Hugging Face folder), or export it alone (in transformers: model.vision_model).";
  const of = (message: string) => new LabError("model-incompatible", message, { hint });
  if (named(DECODER).length > 0) {
    return of(`This is a decoder: it continues text from the features of a picture (${shown}).`);
  }
  if (others.length < inputs.length) {
    return of(
      `Every output needs ${others.map(({ name }) => name).join(", ")} beside the picture; its inputs are ${shown}. The lab gives a picture alone.`,
    );
  }
  if (named(TEXT).length > 0) {
    return of(`This model takes text and no picture; its inputs are ${shown}.`);
  }
  return of(
    `The model must take one picture, [batch, channels, height, width] or [batch, height, width, channels]; its inputs are ${shown}.`,
  );
}

function inputList(inputs: readonly ValueInfoProto[]): string {
  return inputs.map((info) => `${info.name} [${declaredDims(info)?.join(", ") ?? "?"}]`).join("; ");
}

/** The graph inputs that a value is computed from. */
function inputsOf(view: GraphView, name: string): Set<string> {
  const seen = new Set<string>();
  const stack = [name];
  while (stack.length > 0) {
    const value = stack.pop()!;
    if (seen.has(value)) continue;
    seen.add(value);
    const node = view.producer(value);
    if (node) stack.push(...nodeReads(node));
  }
  return new Set(view.inputs.map((info) => info.name).filter((input) => seen.has(input)));
}

/** Class names of the ZipMap that scikit-learn and its kin put behind their scores. */
function zipMapLabels(view: GraphView): string[] {
  const node = view.nodes.find(({ opType }) => opType === "ZipMap");
  if (!node) return [];
  const texts = attributeOf(node, "classlabels_strings")?.strings.map(decodeText) ?? [];
  return texts.length > 0
    ? texts
    : (attributeOf(node, "classlabels_int64s")?.ints.map(String) ?? []);
}
