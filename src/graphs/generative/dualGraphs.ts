/**
 * CLIP and SigLIP in two graphs: from the grey picture to its patches and its embedding, and from patches and captions to the
 * scores of the captions. The joint graph is cut at the last of the image tower's stream, so that no weight of the tower is
 * held twice.
 */
import { LabError } from "../../errors/labError.ts";
import { cutGraph } from "../../onnx/edit/cut.ts";
import { renameNode } from "../../onnx/edit/rewire.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { prepareGraph } from "../../onnx/inline.ts";
import { reachOf } from "../../onnx/grad/flow.ts";
import { ELEMENT_TYPE, graphOf } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import type { ShapeTable } from "../../onnx/shapes.ts";
import { findStateSites } from "../../onnx/stateSites.ts";
import { fusedAttentionNodes } from "../../onnx/taps.ts";
import { GRAY_INPUT, withGrayPicture } from "./visionInputs.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { PICTURE, wide, withPictureOutputs } from "./pictureGraph.ts";
import type { PictureGraph } from "./pictureGraph.ts";

/** How captions are laid out as one row of numbers: the ids of each, padded, then what is text (1) and what is padding. */
interface CaptionLayout {
  readonly captions: number;
  /** Tokens of each. */
  readonly length: number;
}

interface DualGraphs {
  readonly picture: PictureGraph;
  /** Inputs "ids" [1, 2 * captions * length] and "tokens"; output CAPTION_LOGITS [1, 2 * captions * length, captions]. */
  readonly answer: ModelProto;
}

export const CAPTION_LOGITS = "caption_logits";

/** @throws LabError "model-unsupported" for a graph with other inputs or outputs, "graph-*" */
export async function dualGraphs(
  { graph, preprocessing, pixels }: Pick<FolderFiles, "graph" | "preprocessing" | "pixels">,
  { captions, length }: CaptionLayout,
  runner: GraphRunner,
): Promise<DualGraphs> {
  const gray = withGrayPicture(await graph("joint"), { preprocessing, pixels });
  const given = new GraphView(gray);
  for (const name of ["logits_per_image", "image_embeds"]) {
    if (given.has(name)) continue;
    throw new LabError("model-unsupported", `The graph has no output ${name}.`);
  }
  const unknown = given.inputs.find(({ name }) => ![GRAY_INPUT, ...TEXT_INPUTS].includes(name));
  if (unknown) {
    throw new LabError(
      "model-unsupported",
      `The graph has the input ${unknown.name}, which the lab does not know how to feed.`,
    );
  }
  const asked = new GraphBuilder(gray);
  asked.setOutputs([]);
  for (const name of ["logits_per_image", "image_embeds"]) asked.addOutput(name);
  const text = given.inputs.filter(({ name }) => TEXT_INPUTS.includes(name));
  const { model, shapes } = await prepareGraph(asked.build(), runner, {
    shapes: {
      [GRAY_INPUT]: [1, 1, pixels.size, pixels.size],
      ...Object.fromEntries(text.map(({ name }) => [name, [captions, length]])),
    },
  });
  const patches = patchStream(model, shapes);
  const [count, width] = (shapes.shapes.get(patches) ?? []).slice(-2);
  return {
    picture: {
      model: pictureSide(model, patches),
      shapes,
      tiles: 0,
      image: [count === undefined || patches === "image_embeds" ? 1 : count, width ?? 0],
    },
    answer: captionSide(model, shapes, { patches, captions, length }),
  };
}

const TEXT_INPUTS: readonly string[] = ["input_ids", "attention_mask"];

/** The image tower's last residual stream; its embedding where the tower does not show one. */
function patchStream(model: ModelProto, shapes: ShapeTable): string {
  const view = new GraphView(model);
  if (fusedAttentionNodes(view).length > 0) return "image_embeds";
  const { values } = reachOf(view, shapes.types, [GRAY_INPUT]);
  const floats = [ELEMENT_TYPE.float32, ELEMENT_TYPE.float16];
  const streams = findStateSites(view, shapes, floats).filter(
    ({ role, name, shape }) => role === "stream" && values.has(name) && (shape[1] ?? 0) > 1,
  );
  return streams.at(-1)?.name ?? "image_embeds";
}

function pictureSide(model: ModelProto, patches: string): ModelProto {
  const b = new GraphBuilder(cutGraph(model, [...new Set([patches, "image_embeds"])]));
  const tokens = wide(b, patches);
  const embedding = wide(b, "image_embeds");
  if (patches === "image_embeds") {
    b.add("Unsqueeze", [tokens, b.ints([1])], { outputs: [PICTURE.tokens] });
  } else b.add("Identity", [tokens], { outputs: [PICTURE.tokens] });
  return withPictureOutputs(b, embedding);
}

function captionSide(
  model: ModelProto,
  shapes: ShapeTable,
  { patches, captions, length }: CaptionLayout & { readonly patches: string },
): ModelProto {
  const dims = shapes.shapes.get(patches) ?? [];
  const type = shapes.types.get(patches) ?? ELEMENT_TYPE.float32;
  const cut = cutGraph(model, ["logits_per_image"], [{ name: patches, dims, elementType: type }]);
  const view = new GraphView(cut);
  const b = new GraphBuilder(cut);
  const fed = new Map(view.inputs.map(({ name }) => [name, b.fresh(`${name}/laid_out`)]));
  b.setNodes(graphOf(cut).node.map((node) => renameNode(node, (n) => fed.get(n) ?? n, "")));
  b.setInputs([]);
  const numbers = captions * length;
  const ids = b.addInput("ids", ELEMENT_TYPE.int64, [1, 2 * numbers]);
  const tokens = b.addInput("tokens", ELEMENT_TYPE.float32, [
    1,
    ...(patches === "image_embeds" ? [1] : []),
    ...dims.slice(1),
  ]);
  const shaped = b.reshape(tokens, dims);
  b.add("Cast", [shaped], { attributes: { to: { int: type } }, outputs: [fed.get(patches)!] });
  for (const [k, name] of TEXT_INPUTS.entries()) {
    const laidOut = fed.get(name);
    if (laidOut === undefined) continue;
    const from = k * numbers;
    const part = b.add("Slice", [ids, b.ints([from]), b.ints([from + numbers]), b.ints([1])]);
    b.add("Reshape", [part, b.ints([captions, length])], { outputs: [laidOut] });
  }
  const scores = b.reshape(wide(b, "logits_per_image"), [1, 1, captions]);
  // One row for each number fed, as from a decoder: all of them are the same.
  b.add("Expand", [scores, b.ints([1, 2 * numbers, captions])], { outputs: [CAPTION_LOGITS] });
  b.setOutputs([]);
  b.addOutput(CAPTION_LOGITS, ELEMENT_TYPE.float32);
  return b.build();
}
