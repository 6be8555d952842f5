/**
 * Embedding table and decoder as the lab's answering graph: token ids of a prompt and the picture's tokens in, logits at each
 * of the prompt's tokens out. Everything else that the decoder reads is a constant (no earlier steps, nothing masked). The
 * prompt has a fixed length; what pads it stands behind the question, where a causal decoder does not look.
 */
import { LabError } from "../../errors/labError.ts";
import { joinGraphs } from "../../onnx/edit/join.ts";
import { renameNode } from "../../onnx/edit/rewire.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { prepareGraph } from "../../onnx/inline.ts";
import {
  ELEMENT_TYPE,
  declaredDims,
  elementTypeOf,
  graphOf,
  isDefaultDomain,
  replaceGraph,
  withNodeFields,
} from "../../onnx/messages.ts";
import type { ShapeTable } from "../../onnx/shapes.ts";
import type { ModelProto, NodeProto, ValueInfoProto } from "../../onnx/messages.ts";
import { findAttentionTaps, fusedAttentionNodes } from "../../onnx/taps.ts";
import { protoFromTensor } from "../../onnx/tensorData.ts";
import { int64Tensor } from "../../tensor/tensor.ts";
import type { PictureTap, SharedSequence } from "../readyModel.ts";
import type { Choice } from "./answers.ts";
import type { FamilyRules } from "./families.ts";
import { partsOf, picturePlaces, toldInput, toldOf } from "./sequence.ts";
import type { SequenceShape } from "./sequence.ts";
import { withSpokenAnswers } from "./spokenAnswers.ts";
import { inSequence, sequenceIndices } from "./tiles.ts";

export interface PromptLayout {
  /** Tokens of every prompt, padding and the one place for the picture included. */
  readonly length: number;
  /** Index of the picture's place. */
  readonly place: number;
  /** Tokens of the picture, and channels of each. */
  readonly image: number;
  readonly width: number;
  /** Ids that stand between the runs of the picture's tokens, and tiles along each of its sides (0: not cut). */
  readonly between: readonly (readonly number[])[];
  readonly tiles: number;
  readonly rules: FamilyRules;
  /** What prompts are padded with. */
  readonly padId: number;
}

interface AnswerGraph {
  /** Inputs "ids" [1, length] and "tokens" [1, image, width]. */
  readonly model: ModelProto;
  /** [1, length, V + n]: the answers stand behind the vocabulary. */
  readonly logits: string;
  /** [1, length, V]: the decoder's own. */
  readonly textLogits: string;
  readonly vocabulary: number;
  /** Of its inner values, without what was added behind them. */
  readonly shapes: ShapeTable;
  /** Attention of the prompt's tokens to the picture's; empty where the decoder does not show it. */
  readonly taps: readonly PictureTap[];
  readonly sequence: SharedSequence;
}

const EMBEDDED = "prompt_embeddings";
const MASK = "prompt_mask";
const TEXT_LOGITS = "text_logits";
const LOGITS = "spoken_logits";

/** @throws LabError "model-unsupported" for a decoder that the lab does not know how to feed, "graph-*" */
export async function answerGraph(
  { embed, decoder }: { readonly embed: ModelProto; readonly decoder: ModelProto },
  layout: PromptLayout,
  choices: readonly Pick<Choice, "ids">[],
  runner: GraphRunner,
): Promise<AnswerGraph> {
  const isMasked = seesPadding(decoder, layout.rules);
  const fed = embeddedPrompt(embed, layout, isMasked);
  const { model: joined } = joinGraphs(
    withOpsetOf(fed, decoder),
    promptLogits(decoder, layout, isMasked),
    { [EMBEDDED]: EMBEDDED, ...(isMasked ? { [MASK]: MASK } : {}) },
    "decoder/",
  );
  const b0 = new GraphBuilder(joined);
  b0.setOutputs([]);
  b0.addOutput(TEXT_LOGITS, ELEMENT_TYPE.float32);
  const { length, image, width } = layout;
  const { model, shapes } = await prepareGraph(b0.build(), runner, {
    shapes: { ids: [1, length], tokens: [1, image, width] },
  });
  const vocabulary = shapes.shapes.get(TEXT_LOGITS)?.at(-1) ?? 0;
  const b = new GraphBuilder(model);
  const spoken = withSpokenAnswers(b, TEXT_LOGITS, vocabulary, choices);
  b.add("Identity", [spoken], { outputs: [LOGITS] });
  const view = new GraphView(model);
  const places = rowsOf(layout);
  const columns = columnsOf(layout);
  const hidden = fusedAttentionNodes(view).length > 0;
  const sequence = sequenceLength(layout);
  const found = (hidden ? [] : findAttentionTaps(view, shapes)).filter(
    ({ shape }) => shape.length === 4 && shape.at(-1) === sequence,
  );
  // A decoder behind an encoder of text asks from its own few tokens; the encoder's own maps are not the answer's.
  const across = found.filter(({ shape }) => shape.at(-2) !== sequence);
  const taps = (across.length > 0 ? across : found).map((tap, k): PictureTap => {
    const queries = tap.shape.at(-2)!;
    const rows = queries === sequence ? places : Array<number>(length).fill(queries - 1);
    const asked = b.add("Gather", [tap.name, b.ints(rows)], { attributes: { axis: { int: 2 } } });
    const name = `picture_attention_${k}`;
    const looked = b.add("Gather", [asked, b.ints(columns)], { attributes: { axis: { int: 3 } } });
    // A graph in half precision attends in half.
    b.add("Cast", [looked], {
      attributes: { to: { int: ELEMENT_TYPE.float32 } },
      outputs: [name],
    });
    const shape = [...tap.shape.slice(0, 2), length, image];
    return {
      ...tap,
      name,
      shape,
      kind: "cross",
      layer: k,
      within: { tap, rows, columns },
    };
  });
  b.setOutputs([]);
  b.addOutput(LOGITS, ELEMENT_TYPE.float32, [1, length, "answers"]);
  b.addOutput(TEXT_LOGITS, ELEMENT_TYPE.float32, [1, length, vocabulary]);
  // Kept in the graph: a session asks for them, or for none.
  for (const { name } of taps) b.addOutput(name, ELEMENT_TYPE.float32);
  return {
    model: b.build(),
    logits: LOGITS,
    textLogits: TEXT_LOGITS,
    vocabulary,
    shapes,
    taps,
    sequence: {
      length: sequence,
      words: places,
      picture: columns,
      isPictureAlone: layout.rules.sees !== "prefix",
    },
  };
}

/** Operators that compute the same from operator set 13 on, and that tables of embeddings are made of. */
const SAME_SINCE_13 = new Set(
  "Gather Cast Constant Identity Mul Div Add Sub Sqrt Shape Reshape Unsqueeze Squeeze Slice Concat DequantizeLinear Expand Clip Equal Not Transpose".split(
    " ",
  ),
);

/** The table under the decoder's operator set: the two are often written by different exporters. */
function withOpsetOf(table: ModelProto, decoder: ModelProto): ModelProto {
  const [from, to] = [table, decoder].map((model) => new GraphView(model).opset) as [
    number,
    number,
  ];
  const isSame = ({ opType, domain }: NodeProto) =>
    !isDefaultDomain(domain) || SAME_SINCE_13.has(opType);
  if (from === to || Math.min(from, to) < 13 || !graphOf(table).node.every(isSame)) return table;
  const others = table.opsetImport.filter(({ domain }) => !isDefaultDomain(domain));
  return replaceGraph(table, {}, [
    { domain: "", version: to },
    ...others.map(({ domain, version }) => ({ domain, version: Number(version) })),
  ]);
}

/** Numbers of tokens of the whole sequence, padding included. */
function shapeOf({ length, place, image, between }: PromptLayout): SequenceShape {
  return {
    before: place,
    image,
    between: between.map((ids) => ids.length),
    after: length - 1 - place,
  };
}

function sequenceLength({ length, image, between }: PromptLayout): number {
  return length - 1 + image + between.flat().length;
}

/** Where each token of the prompt stands in the sequence; the picture's place is its last token. */
function rowsOf(layout: PromptLayout): number[] {
  const { length, place } = layout;
  const shift = sequenceLength(layout) - length;
  return Array.from({ length }, (_, i) => (i < place ? i : i + shift));
}

/** Where each of the picture's tokens stands in the sequence. */
function columnsOf(layout: PromptLayout): number[] {
  const places = picturePlaces(shapeOf(layout)).flatMap((is, i) => (is ? [i] : []));
  return sequenceIndices(layout).map((at) => places[at]!);
}

/** Whether a decoder looks at what stands behind a prompt, so that padding has to be masked: where it is not causal itself. */
function seesPadding(decoder: ModelProto, { sees }: FamilyRules): boolean {
  const view = new GraphView(decoder);
  const mask = view.input("attention_mask");
  const isCausal = view.nodes.some(({ opType }) => opType === "GroupQueryAttention");
  return sees === "prefix" && !isCausal && mask !== undefined;
}

/** The embedding table, with the picture's tokens put in their place: ids and tokens to [1, length - 1 + image, width]. */
function embeddedPrompt(embed: ModelProto, layout: PromptLayout, isMasked: boolean): ModelProto {
  const { length, place, image, width, padId } = layout;
  const between = layout.between.flat();
  const view = new GraphView(embed);
  const [input, ...more] = view.inputs;
  const [output = ""] = view.outputs;
  if (!input || more.length > 0 || elementTypeOf(input) !== ELEMENT_TYPE.int64) {
    throw new LabError(
      "model-incompatible",
      "The graph embed_tokens does not take token ids alone: another graph has its name.",
      { hint: "Take the file from the model's own folder again." },
    );
  }
  const b = new GraphBuilder(embed);
  const words = b.fresh("prompt_words");
  b.setNodes(
    graphOf(embed).node.map((node) => renameNode(node, (n) => (n === input.name ? words : n), "")),
  );
  b.setInputs([]);
  const ids = b.addInput("ids", ELEMENT_TYPE.int64, [1, length]);
  const tokens = b.addInput("tokens", ELEMENT_TYPE.float32, [1, image, width]);
  const part = (x: string, from: number, to: number) =>
    b.add("Slice", [x, b.ints([from]), b.ints([to]), b.ints([1])]);
  const along = { attributes: { axis: { int: 1 } } };
  // The picture's place is no word: its id need not be in the table.
  const read = [
    ...(place > 0 ? [part(ids, 0, place)] : []),
    ...(place + 1 < length ? [part(ids, place + 1, length)] : []),
    ...(between.length > 0 ? [b.constant(int64Tensor(between, [1, between.length]))] : []),
  ];
  b.add("Concat", read, { ...along, outputs: [words] });
  const wide = b.add("Cast", [output], { attributes: { to: { int: ELEMENT_TYPE.float32 } } });
  const shaped = b.reshape(wide, [1, length - 1 + between.length, width]);
  // In the table's rows: text before the picture, text after it, text between its runs.
  const starts = { before: 0, after: place, between: length - 1 } as const;
  const seen = inSequence(b, tokens, layout);
  const parts = partsOf(shapeOf(layout));
  const order = parts.map(({ of, from, to }) =>
    of === "image"
      ? to - from === image
        ? seen
        : part(seen, from, to)
      : part(shaped, starts[of] + from, starts[of] + to),
  );
  b.add("Concat", order, { ...along, outputs: [EMBEDDED] });
  b.setOutputs([]);
  const sequence = sequenceLength(layout);
  b.addOutput(EMBEDDED, ELEMENT_TYPE.float32, [1, sequence, width]);
  if (isMasked) {
    const pads = b.add("Equal", [part(ids, place + 1, length), b.ints([padId])]);
    const words = b.add("Cast", [b.add("Not", [pads])], {
      attributes: { to: { int: ELEMENT_TYPE.int64 } },
    });
    const real = sequence - (length - 1 - place);
    const all = b.constant(int64Tensor(Array<number>(real).fill(1), [1, real]));
    b.add("Concat", [all, words], { ...along, outputs: [MASK] });
    b.addOutput(MASK, ELEMENT_TYPE.int64, [1, sequence]);
  }
  return b.build();
}

/** The decoder from the whole sequence to logits at the prompt's tokens [1, length, V], float32. */
function promptLogits(decoder: ModelProto, layout: PromptLayout, isMasked: boolean): ModelProto {
  const view = new GraphView(decoder);
  const embeddings = view.input("inputs_embeds");
  if (embeddings === undefined || !view.has("logits")) {
    throw new LabError("model-unsupported", "The decoder graph has no inputs_embeds or no logits.");
  }
  const { width } = layout;
  const sequence = sequenceLength(layout);
  const told = toldOf(layout.rules, shapeOf(layout));
  const b = new GraphBuilder(decoder);
  b.setInputs([]);
  for (const info of view.inputs) {
    if (info.name === "inputs_embeds") continue;
    if (isMasked && info.name === "attention_mask") {
      maskFrom(b, info, b.addInput(MASK, ELEMENT_TYPE.int64, [1, sequence]), sequence);
      continue;
    }
    // 0 keeps the logits of all places.
    const value = info.name === "num_logits_to_keep" ? int64Tensor([0], []) : toldInput(info, told);
    b.addInitializer(protoFromTensor(info.name, value));
  }
  b.addInput(EMBEDDED, ELEMENT_TYPE.float32, [1, sequence, width]);
  b.add("Cast", [EMBEDDED], {
    attributes: { to: { int: elementTypeOf(embeddings) } },
    outputs: ["inputs_embeds"],
  });
  const rows = b.ints(rowsOf(layout));
  const logits = askedRows(b, view, rows);
  b.add("Cast", [logits], {
    attributes: { to: { int: ELEMENT_TYPE.float32 } },
    outputs: [TEXT_LOGITS],
  });
  b.setOutputs([]);
  b.addOutput(TEXT_LOGITS, ELEMENT_TYPE.float32);
  return b.build();
}

/** The decoder's own mask from one that says of each place whether it is read. */
function maskFrom(b: GraphBuilder, info: ValueInfoProto, mask: string, sequence: number): void {
  const outputs = [info.name];
  const type = elementTypeOf(info);
  const to = { attributes: { to: { int: type } }, outputs };
  if (declaredDims(info)?.length === 2) {
    b.add("Cast", [mask], to);
    return;
  }
  const square = b.add("Expand", [
    b.reshape(mask, [1, 1, 1, sequence]),
    b.ints([1, 1, sequence, sequence]),
  ]);
  if (type === ELEMENT_TYPE.bool) {
    b.add("Cast", [square], to);
    return;
  }
  const wide = b.add("Cast", [square], { attributes: { to: { int: ELEMENT_TYPE.float32 } } });
  // 0 where it is read; -65504 is what half precision holds.
  const added = b.add("Mul", [b.add("Sub", [wide, b.float(1)]), b.float(65504)]);
  b.add("Cast", [added], to);
}

/** Logits of the asked rows. The vocabulary is wide: rows are picked before the last product where that is plain. */
function askedRows(b: GraphBuilder, view: GraphView, rows: string): string {
  const axis = { attributes: { axis: { int: 1 } } };
  const product = view.producer("logits");
  const [data = ""] = product?.input ?? [];
  const isProduct =
    product !== undefined && ["MatMul", "MatMulNBits"].includes(product.opType) && data !== "";
  if (!isProduct || view.initializer(data) !== undefined) {
    return b.add("Gather", ["logits", rows], axis);
  }
  const picked = b.add("Gather", [data, rows], axis);
  b.replaceNode(product, withNodeFields(product, { input: [picked, ...product.input.slice(1)] }));
  return "logits";
}
