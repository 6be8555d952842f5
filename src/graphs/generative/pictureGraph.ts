/** The picture's side of a model in several graphs: from the lab's grey picture to the tokens that the language side reads. */
import { LabError } from "../../errors/labError.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { prepareGraph } from "../../onnx/inline.ts";
import { ELEMENT_TYPE } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import type { ShapeTable } from "../../onnx/shapes.ts";
import { GRAY_INPUT, withGrayPicture } from "./visionInputs.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { onPlaces } from "./tiles.ts";

/** Names of its outputs: tokens [1, T, D], and what stands for the whole picture [1, E], of norm 1. */
export const PICTURE = { tokens: "picture_tokens", embedding: "picture_embedding" } as const;

export interface PictureGraph {
  readonly model: ModelProto;
  /** Of the prepared graph, without what was added behind it. */
  readonly shapes: ShapeTable;
  /** Number of the picture's tokens, and channels of each. */
  readonly image: readonly [count: number, width: number];
  /** Tiles along each side that the picture is cut into; 0 where it is not. */
  readonly tiles: number;
}

/**
 * Vision encoder and connector as exporters keep them, in one graph. The embedding is the mean of the tokens behind the
 * connector: a generative model has no other single vector for a picture.
 */
export async function pictureGraph(
  { graph, preprocessing, pixels }: Pick<FolderFiles, "graph" | "preprocessing" | "pixels">,
  runner: GraphRunner,
): Promise<PictureGraph> {
  const gray = withGrayPicture(await graph("vision"), { preprocessing, pixels });
  const { model, shapes } = await prepareGraph(gray, runner, {
    shapes: { [GRAY_INPUT]: [1, 1, pixels.size, pixels.size] },
  });
  const [output = ""] = new GraphView(model).outputs;
  const [count, width] = tokensIn(output, shapes);
  const tiles = pixels.kind === "tiles" ? pixels.across : 0;
  const b = new GraphBuilder(model);
  const read = b.reshape(wide(b, output), [1, count, width]);
  b.add("Identity", [onPlaces(b, read, { tiles, image: count, width })], {
    outputs: [PICTURE.tokens],
  });
  const mean = b.add("Mul", [b.reduceSum(PICTURE.tokens, [1], false), b.float(1 / count)]);
  return { model: withPictureOutputs(b, mean), shapes, image: [count, width], tiles };
}

/** Number of tokens of a vision graph's output [..., T, W], and channels of each; leading axes may be tiles. */
export function tokensIn(output: string, shapes: ShapeTable): readonly [number, number] {
  const dims = shapes.shapes.get(output) ?? [];
  const width = dims.at(-1);
  if (dims.length < 2 || width === undefined) {
    throw new LabError(
      "model-incompatible",
      `The vision graph's output ${output} is no list of tokens.`,
    );
  }
  return [dims.slice(0, -1).reduce((product, n) => product * n, 1), width];
}

/** The graph with its two outputs, the embedding brought to norm 1. */
export function withPictureOutputs(b: GraphBuilder, embedding: string): ModelProto {
  const squares = b.reduceSum(b.add("Mul", [embedding, embedding]), [1], true);
  const norm = b.add("Sqrt", [b.add("Add", [squares, b.float(1e-24)])]);
  b.add("Div", [embedding, norm], { outputs: [PICTURE.embedding] });
  b.setOutputs([]);
  b.addOutput(PICTURE.tokens, ELEMENT_TYPE.float32);
  b.addOutput(PICTURE.embedding, ELEMENT_TYPE.float32);
  return b.build();
}

export function wide(b: GraphBuilder, value: string): string {
  return b.add("Cast", [value], { attributes: { to: { int: ELEMENT_TYPE.float32 } } });
}
