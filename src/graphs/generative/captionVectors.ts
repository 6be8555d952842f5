/** Sentences as unit vectors beside the picture's, by the text tower of a dual encoder. */
import { cutGraph } from "../../onnx/edit/cut.ts";
import { renameNode } from "../../onnx/edit/rewire.ts";
import { serializeModel } from "../../onnx/file.ts";
import { GraphView } from "../../onnx/graph.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, graphOf } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import type { ReadyText } from "../readyModel.ts";
import { captionLength, laidOutCaptions } from "./captions.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { wide } from "./pictureGraph.ts";

/** Undefined for a graph that does not give its captions' vectors. */
export async function captionVectors(files: FolderFiles): Promise<ReadyText | undefined> {
  const joint = await files.graph("joint");
  if (!new GraphView(joint).has("text_embeds")) return undefined;
  const length = captionLength(files);
  return {
    tokenizer: {
      encodeReport: (text) => {
        const { ids, mask } = laidOutCaptions(files, [text]);
        return [...ids, ...mask];
      },
    },
    read: () => Promise.resolve(serializeModel(textSide(joint, length))),
  };
}

/** "ids" [1, 2 * length] (ids, then what is text) to "text_embedding" [1, E], of norm 1. */
function textSide(joint: ModelProto, length: number): ModelProto {
  const cut = cutGraph(joint, ["text_embeds"]);
  const given = new GraphView(cut).inputs.map(({ name }) => name);
  const b = new GraphBuilder(cut);
  const fed = new Map(given.map((name) => [name, b.fresh(`${name}/laid_out`)]));
  b.setNodes(graphOf(cut).node.map((node) => renameNode(node, (n) => fed.get(n) ?? n, "")));
  b.setInputs([]);
  const ids = b.addInput("ids", ELEMENT_TYPE.int64, [1, 2 * length]);
  for (const [k, name] of ["input_ids", "attention_mask"].entries()) {
    const laidOut = fed.get(name);
    if (laidOut === undefined) continue;
    const [from, to] = [b.ints([k * length]), b.ints([(k + 1) * length])];
    b.add("Slice", [ids, from, to, b.ints([1])], { outputs: [laidOut] });
  }
  const vector = wide(b, "text_embeds");
  const squares = b.reduceSum(b.add("Mul", [vector, vector]), [1], true);
  const norm = b.add("Sqrt", [b.add("Add", [squares, b.float(1e-24)])]);
  b.add("Div", [vector, norm], { outputs: ["text_embedding"] });
  b.setOutputs([]);
  b.addOutput("text_embedding", ELEMENT_TYPE.float32);
  return b.build();
}
