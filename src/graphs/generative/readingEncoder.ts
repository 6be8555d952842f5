/**
 * A decoder behind an encoder of text (Florence-2): the encoder reads picture and question, the decoder answers by cross-attention
 * from its own first tokens on. Joined, the two read like a decoder alone: one sequence in, logits of the next token out.
 */
import { LabError } from "../../errors/labError.ts";
import { joinGraphs } from "../../onnx/edit/join.ts";
import { serializeModel } from "../../onnx/file.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, elementTypeOf, graphOf } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { renameNode } from "../../onnx/edit/rewire.ts";
import { numbersOf, protoFromTensor } from "../../onnx/tensorData.ts";
import { floatTensor, int64Tensor } from "../../tensor/tensor.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { toldInput } from "./sequence.ts";
import type { Told } from "./sequence.ts";

type Json = Readonly<Record<string, unknown>>;

/** The graph that reads a prompt's embeddings: the decoder, with the text's encoder before it where there is one. */
export async function languageGraph(files: FolderFiles, runner: GraphRunner): Promise<ModelProto> {
  const decoder = await files.graph("decoder");
  if (files.folder.family !== "seq2seq") return decoder;
  const table = await files.graph("embed");
  const [ids = "", words = ""] = [
    new GraphView(table).inputs[0]?.name,
    new GraphView(table).outputs[0],
  ];
  const start = startIds(files);
  const found = await runner(serializeModel(table), {
    [ids]: int64Tensor(start, [1, start.length]),
  });
  const rows = found[words]!;
  const first = floatTensor(Float32Array.from(numbersOf(rows)), [
    1,
    start.length,
    rows.shape.at(-1)!,
  ]);
  return behindEncoder(await files.graph("encoder"), decoder, first);
}

/** What the decoder's text begins with: its start, and the token that generation forces behind it. @throws LabError "model-damaged" */
export function startIds({
  config,
  generation,
}: Pick<FolderFiles, "config" | "generation">): readonly number[] {
  const text = (config["text_config"] ?? {}) as Json;
  const stated = (name: string): number | undefined =>
    [generation[name], text[name], config[name]].find((id) => typeof id === "number");
  const start = stated("decoder_start_token_id");
  if (start === undefined) {
    throw new LabError(
      "model-damaged",
      "Neither config.json nor generation_config.json says which token an answer begins behind (decoder_start_token_id).",
    );
  }
  const forced = stated("forced_bos_token_id");
  return forced === undefined ? [start] : [start, forced];
}

/** What a decoder of its own text is told: of `length` tokens behind `past` others. */
export function toldOfText(length: number, past = 0): Told {
  return {
    positions: [Array.from({ length }, (_, i) => past + i)],
    pictures: Array<boolean>(length).fill(false),
    past,
    sees: "past",
  };
}

/** @param start [1, n, W]: embeddings of the decoder's first tokens */
function behindEncoder(encoder: ModelProto, decoder: ModelProto, start: FloatTensor): ModelProto {
  const reads = new GraphView(encoder);
  const [states = ""] = reads.outputs;
  for (const name of ["inputs_embeds", "attention_mask"]) {
    if (reads.input(name) !== undefined) continue;
    throw new LabError("model-unsupported", `The graph encoder_model has no input ${name}.`);
  }
  const { model: joined, rename } = joinGraphs(
    encoder,
    answering(decoder, start),
    { encoder_hidden_states: states, encoder_attention_mask: "attention_mask" },
    "answer/",
  );
  // Every place of the sequence says what comes next, as a decoder's last place does.
  const b = new GraphBuilder(joined);
  const logits = b.add("Gather", [rename(ANSWER_LOGITS), b.ints([-1])], {
    attributes: { axis: { int: 1 } },
  });
  const shape = b.add("Shape", ["inputs_embeds"]);
  const length = b.add("Slice", [shape, b.ints([1]), b.ints([2]), b.ints([0])]);
  const wanted = b.add("Concat", [b.ints([1]), length, b.ints([1])], {
    attributes: { axis: { int: 0 } },
  });
  b.add("Expand", [logits, wanted], { outputs: ["logits"] });
  b.setOutputs([]);
  b.addOutput("logits", ELEMENT_TYPE.float32);
  return b.build();
}

const ANSWER_LOGITS = "answer_logits";

/** The decoder at the start of an answer: all it takes beside the encoder's states and mask is settled. */
function answering(decoder: ModelProto, start: FloatTensor): ModelProto {
  const view = new GraphView(decoder);
  const embeddings = view.input("inputs_embeds");
  const [states, mask] = ["encoder_hidden_states", "encoder_attention_mask"].map((name) =>
    view.input(name),
  );
  if (!embeddings || !states || !mask || !view.has("logits")) {
    throw new LabError(
      "model-unsupported",
      "The decoder graph has no inputs_embeds, no encoder_hidden_states, no encoder_attention_mask or no logits.",
    );
  }
  const told = toldOfText(start.shape[1]!);
  const b = new GraphBuilder(decoder);
  b.setNodes(
    graphOf(decoder).node.map((node) =>
      renameNode(node, (n) => (n === "logits" ? ANSWER_LOGITS : n), ""),
    ),
  );
  b.setInputs([states, mask]);
  for (const info of view.inputs) {
    if ([embeddings, states, mask].includes(info)) continue;
    b.addInitializer(protoFromTensor(info.name, toldInput(info, told)));
  }
  b.add("Cast", [b.constant(start)], {
    attributes: { to: { int: elementTypeOf(embeddings) } },
    outputs: [embeddings.name],
  });
  b.setOutputs([]);
  b.addOutput(ANSWER_LOGITS, ELEMENT_TYPE.float32);
  return b.build();
}
