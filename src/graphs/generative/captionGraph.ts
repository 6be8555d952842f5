/**
 * A decoder that reads the picture by cross-attention, as the lab's answering graph. It is fed three texts in one row of
 * numbers: a caption for yes, one for no, and a text whose likelihood is asked. The answers' logits are the log-likelihoods of the
 * two captions (nats), so that a captioner answers whether a finding is there; behind them stand the logits of the free text.
 */
import { LabError } from "../../errors/labError.ts";
import { renameNode } from "../../onnx/edit/rewire.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { prepareGraph } from "../../onnx/inline.ts";
import { ELEMENT_TYPE, declaredDims, elementTypeOf, graphOf } from "../../onnx/messages.ts";
import type { ShapeTable } from "../../onnx/shapes.ts";
import type { ModelProto, ValueInfoProto } from "../../onnx/messages.ts";
import { findAttentionTaps, fusedAttentionNodes } from "../../onnx/taps.ts";
import type { AttentionTap } from "../../onnx/taps.ts";
import { protoFromTensor } from "../../onnx/tensorData.ts";
import { int64Tensor } from "../../tensor/tensor.ts";
import type { PictureTap } from "../readyModel.ts";
import { isPast, toldInput } from "./sequence.ts";

export interface CaptionLayout {
  /** Tokens of each of the three texts, padding included. */
  readonly length: number;
  /** Tokens of the picture, and channels of each. */
  readonly image: number;
  readonly width: number;
  /** What every text begins behind. */
  readonly start: number;
}

interface CaptionGraph {
  /** Inputs "ids" [1, 3 * length] (CAPTION_PAD where nothing is) and "tokens" [1, image, width]. */
  readonly model: ModelProto;
  /** Of its inner values, without what was added behind them. */
  readonly shapes: ShapeTable;
  /** Attention of the caption for yes to the picture, mean over its tokens; empty where the decoder does not show it. */
  readonly taps: readonly PictureTap[];
}

/** Pads every text: no token has this id. */
export const CAPTION_PAD = -1;
/** [1, 3 * length, 2]: the log-likelihoods of the captions for yes and no, the same at every place. */
export const CAPTION_SCORES = "caption_scores";
/** [1, 3 * length, V]: token k of the free text is read at place 2 * length - 1 + k. */
export const FREE_LOGITS = "free_logits";
/** [length, image]: where each token of the free text looks, mean over layers and heads. */
export const FREE_ATTENTION = "free_attention";

const TEXTS = 3;
const ALONG_TOKENS = { attributes: { axis: { int: 1 } } } as const;

/** @throws LabError "model-unsupported" for a decoder that the lab does not know how to feed, "graph-*" */
export async function captionGraph(
  decoder: ModelProto,
  layout: CaptionLayout,
  runner: GraphRunner,
): Promise<CaptionGraph> {
  const { length, image, width } = layout;
  const { model, shapes } = await prepareGraph(threeTexts(decoder, layout), runner, {
    shapes: { ids: [1, TEXTS * length], tokens: [1, image, width] },
  });
  const view = new GraphView(model);
  const found = fusedAttentionNodes(view).length > 0 ? [] : findAttentionTaps(view, shapes);
  const cross = found.filter(
    ({ shape, kind }) => kind === "cross" && shape.length === 4 && shape.at(-1) === image,
  );
  const b = new GraphBuilder(model);
  const weights = cross.length > 0 ? yesCaptionWeights(b, length) : "";
  const taps = cross.map((tap, k) => yesCaptionMap(b, { tap, weights }, k));
  if (cross.length > 0) freeAttention(b, cross, layout);
  for (const { name } of taps) b.addOutput(name, ELEMENT_TYPE.float32);
  return { model: b.build(), shapes, taps };
}

/** What the yes caption's tokens pay to the picture, [1, heads, 1, image]. */
function yesCaptionMap(
  b: GraphBuilder,
  { tap, weights }: { readonly tap: AttentionTap; readonly weights: string },
  k: number,
): PictureTap {
  const [, heads = 1, , image = 1] = tap.shape;
  const name = `picture_attention_${k}`;
  const first = b.add("Slice", [wide(b, tap.name), b.ints([0]), b.ints([1]), b.ints([0])]);
  const weighed = b.add("Mul", [first, weights]);
  b.add("Identity", [b.reduceSum(weighed, [2], true)], { outputs: [name] });
  return { ...tap, name, shape: [1, heads, 1, image], kind: "cross", layer: k, texts: tap };
}

/** A graph in half precision attends in half. */
function wide(b: GraphBuilder, map: string): string {
  return b.add("Cast", [map], { attributes: { to: { int: ELEMENT_TYPE.float32 } } });
}

function freeAttention(
  b: GraphBuilder,
  cross: readonly AttentionTap[],
  { length, image }: CaptionLayout,
): void {
  const means = cross.map(({ name, shape: [, heads = 1] }) => {
    const last = b.add("Slice", [wide(b, name), b.ints([TEXTS - 1]), b.ints([TEXTS]), b.ints([0])]);
    return b.add("Mul", [b.reduceSum(last, [0, 1], false), b.float(1 / (heads * cross.length))]);
  });
  const sum = means.reduce((a, each) => b.add("Add", [a, each]));
  b.add("Identity", [b.reshape(sum, [length, image])], { outputs: [FREE_ATTENTION] });
  b.addOutput(FREE_ATTENTION, ELEMENT_TYPE.float32, [length, image]);
}

/** [1, 1, length, 1]: 1 / n at the n tokens of the caption for yes. */
function yesCaptionWeights(b: GraphBuilder, length: number): string {
  const ids = b.add("Slice", ["ids", b.ints([0]), b.ints([length]), b.ints([1])]);
  const counted = b.add("Cast", [b.add("GreaterOrEqual", [ids, b.int(0)])], {
    attributes: { to: { int: ELEMENT_TYPE.float32 } },
  });
  const number = b.add("Max", [b.reduceSum(counted, [1], true), b.float(1)]);
  return b.reshape(b.add("Div", [counted, number]), [1, 1, length, 1]);
}

/** The decoder run over three texts at once. */
function threeTexts(decoder: ModelProto, { length, image, width, start }: CaptionLayout) {
  const view = new GraphView(decoder);
  const [words, states] = ["input_ids", "encoder_hidden_states"].map((name) => view.input(name));
  if (words === undefined || states === undefined || !view.has("logits")) {
    throw new LabError(
      "model-unsupported",
      "The decoder graph has no input_ids, no encoder_hidden_states or no logits: it is no decoder that reads a picture by cross-attention.",
    );
  }
  const b = new GraphBuilder(decoder);
  const renamed = new Map([words, states].map(({ name }) => [name, b.fresh(`${name}/texts`)]));
  b.setNodes(graphOf(decoder).node.map((node) => renameNode(node, (n) => renamed.get(n) ?? n, "")));
  b.setInputs([]);
  for (const info of view.inputs) {
    if (renamed.has(info.name)) continue;
    b.addInitializer(protoFromTensor(info.name, fixedBeside(info, { length, image })));
  }
  const ids = b.addInput("ids", ELEMENT_TYPE.int64, [1, TEXTS * length]);
  const tokens = b.addInput("tokens", ELEMENT_TYPE.float32, [1, image, width]);
  const rows = b.reshape(ids, [TEXTS, length]);
  const isText = b.add("GreaterOrEqual", [rows, b.int(0)]);
  const known = b.add("Where", [isText, rows, b.int(0)]);
  const begins = b.constant(int64Tensor(Array<number>(TEXTS).fill(start), [TEXTS, 1]));
  const shifted = b.add("Slice", [known, b.ints([0]), b.ints([length - 1]), b.ints([1])]);
  const fed = b.add("Concat", [begins, shifted], ALONG_TOKENS);
  castTo(b, fed, elementTypeOf(words), renamed.get(words.name)!);
  const seen = b.add("Expand", [tokens, b.ints([TEXTS, image, width])]);
  castTo(b, seen, elementTypeOf(states), renamed.get(states.name)!);
  const logits = b.add("Cast", ["logits"], {
    attributes: { to: { int: ELEMENT_TYPE.float32 } },
  });
  scores(b, { logits, isText, known, length });
  freeText(b, logits, length);
  return b.build();
}

function castTo(b: GraphBuilder, value: string, type: number, output: string): void {
  b.add("Cast", [value], { attributes: { to: { int: type } }, outputs: [output] });
}

/** Log-likelihood of the first two texts. */
function scores(
  b: GraphBuilder,
  given: {
    readonly logits: string;
    readonly isText: string;
    readonly known: string;
    readonly length: number;
  },
): void {
  const { logits, isText, known, length } = given;
  const two = (x: string) => b.add("Slice", [x, b.ints([0]), b.ints([2]), b.ints([0])]);
  const shares = b.add("LogSoftmax", [two(logits)], { attributes: { axis: { int: 2 } } });
  const at = b.reshape(two(known), [2, length, 1]);
  const each = b.add("GatherElements", [shares, at], { attributes: { axis: { int: 2 } } });
  const counted = b.add("Cast", [two(isText)], {
    attributes: { to: { int: ELEMENT_TYPE.float32 } },
  });
  const sums = b.reduceSum(b.add("Mul", [b.reshape(each, [2, length]), counted]), [1], false);
  b.add("Expand", [b.reshape(sums, [1, 1, 2]), b.ints([1, TEXTS * length, 2])], {
    outputs: [CAPTION_SCORES],
  });
  b.setOutputs([]);
  b.addOutput(CAPTION_SCORES, ELEMENT_TYPE.float32, [1, TEXTS * length, 2]);
}

/** Logits of the third text where its tokens are asked for; what stands before and behind is not read. */
function freeText(b: GraphBuilder, logits: string, length: number): void {
  const row = (from: number, to: number) =>
    b.add("Slice", [logits, b.ints([from]), b.ints([to]), b.ints([0])]);
  const places = (x: string, from: number, to: number) =>
    b.add("Slice", [x, b.ints([from]), b.ints([to]), b.ints([1])]);
  const third = row(2, TEXTS);
  const parts = [row(0, 1), places(row(1, 2), 0, length - 1), third, places(third, 0, 1)];
  b.add("Concat", parts, { ...ALONG_TOKENS, outputs: [FREE_LOGITS] });
  b.addOutput(FREE_LOGITS, ELEMENT_TYPE.float32);
}

const NOTHING_READ = { past: 0, pictures: [], positions: [[]], sees: "past" } as const;

/** What everything else holds: no earlier steps, nothing masked. */
function fixedBeside(
  info: ValueInfoProto,
  { length, image }: { readonly length: number; readonly image: number },
) {
  const { name } = info;
  const rows = (count: number) => int64Tensor(Array<number>(TEXTS * count).fill(1), [TEXTS, count]);
  if (name === "attention_mask") return rows(length);
  if (name === "encoder_attention_mask") return rows(image);
  if (name === "position_ids") {
    const places = Array.from({ length: TEXTS * length }, (_, i) => i % length);
    return int64Tensor(places, [TEXTS, length]);
  }
  if (name === "use_cache_branch" || isPast(name)) return toldInput(info, NOTHING_READ);
  throw new LabError(
    "model-unsupported",
    `The decoder graph has the input ${name} [${(declaredDims(info) ?? []).join(", ")}], which the lab does not know how to feed.`,
  );
}
