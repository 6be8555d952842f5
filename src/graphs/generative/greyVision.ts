/** A vision encoder that takes the lab's grey picture: what its own processor does with the pixels becomes nodes. */
import { LabError } from "../../errors/labError.ts";
import { preparePixels } from "../../onnx/edit/encoderFace.ts";
import { renameNode } from "../../onnx/edit/rewire.ts";
import { GraphView } from "../../onnx/graph.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, declaredDims, elementTypeOf, graphOf } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import type { Preprocessing } from "../proposal/preprocessing.ts";

/** Name of the picture [1, 1, S, S], grey in [0, 1]. */
export const GREY_INPUT = "grey_picture";

/**
 * The graph with `pixel_values` computed from a grey picture: repeated over three channels, scaled and normalised.
 * @throws LabError "model-unsupported" for an encoder that wants more than one picture in one size
 */
export function withGreyPicture(
  model: ModelProto,
  { mean = [0], std = [1], range = [0, 1] }: Preprocessing,
  size: number,
): ModelProto {
  const view = new GraphView(model);
  const info = view.input("pixel_values");
  const dims = info === undefined ? undefined : declaredDims(info);
  if (info === undefined || dims === undefined || dims.length !== 4) {
    throw new LabError(
      "model-unsupported",
      `The vision graph takes ${view.inputs.map(({ name }) => name).join(", ")}; the lab gives it pixel_values [1, 3, height, width] alone.`,
    );
  }
  const b = new GraphBuilder(model);
  const pixels = b.fresh("pixel_values/prepared");
  const graph = graphOf(model);
  b.setNodes(
    graph.node.map((node) => renameNode(node, (name) => (name === info.name ? pixels : name), "")),
  );
  b.setInputs(graph.input.filter(({ name }) => name !== info.name));
  const image = b.addInput(GREY_INPUT, ELEMENT_TYPE.float32, [1, 1, size, size]);
  const channels = 3;
  preparePixels(b, image, pixels, {
    channels,
    layout: "NCHW",
    range,
    mean,
    std,
    type: elementTypeOf(info),
    batch: 1,
  });
  return b.build();
}
