/** Graphs to link to a model in tests: a purifier and a mapper of seeded noise, the identity where sigma is 0. */
import { createHash } from "node:crypto";
import type { GraphLink } from "../model/modelLink.ts";
import { ELEMENT_TYPE } from "../onnx/messages.ts";
import { serializeModel } from "../onnx/file.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { randomTensor, tinyGraph } from "./tinyGraphs.ts";

/** image ["b", 1, size, size], sigma ["s"] -> image + sigma * conv(relu(conv(image))). */
export function purifierGraph(size: number, opset = 21): ModelProto {
  return tinyGraph(opset, (b) => {
    const image = b.addInput("image", ELEMENT_TYPE.float32, ["b", 1, size, size]);
    const sigma = b.addInput("sigma", ELEMENT_TYPE.float32, ["s"]);
    const conv = (x: string, seed: number, shape: readonly number[]): string =>
      b.add("Conv", [x, b.constant(randomTensor(seed, shape, 0.3))], {
        attributes: { kernel_shape: { ints: [3, 3] }, pads: { ints: [1, 1, 1, 1] } },
      });
    const noise = conv(b.add("Relu", [conv(image, 1, [4, 1, 3, 3])]), 2, [1, 4, 3, 3]);
    const scaled = b.add("Mul", [noise, b.reshape(sigma, [-1, 1, 1, 1])]);
    b.add("Add", [image, scaled], { outputs: ["clean"] });
    b.addOutput("clean", ELEMENT_TYPE.float32, ["b", 1, size, size]);
  });
}

/** tokens ["b", count, width], embedding ["b", width], sigma ["s"] -> both moved by sigma; the embedding's norm too. */
export function mapperGraph(count: number, width: number): ModelProto {
  return tinyGraph(21, (b) => {
    const tokens = b.addInput("tokens", ELEMENT_TYPE.float32, ["b", count, width]);
    const embedding = b.addInput("embedding", ELEMENT_TYPE.float32, ["b", width]);
    const sigma = b.addInput("sigma", ELEMENT_TYPE.float32, ["s"]);
    const moved = (x: string, seed: number, axes: readonly number[]): string => {
      const weight = b.constant(randomTensor(seed, [width, width], 0.4));
      const step = b.add("Tanh", [b.add("MatMul", [x, weight])]);
      return b.add("Mul", [step, b.reshape(sigma, axes)]);
    };
    b.add("Add", [tokens, moved(tokens, 3, [-1, 1, 1])], { outputs: ["mapped_tokens"] });
    b.add("Add", [embedding, moved(embedding, 4, [-1, 1])], { outputs: ["mapped_embedding"] });
    b.addOutput("mapped_tokens", ELEMENT_TYPE.float32, ["b", count, width]);
    b.addOutput("mapped_embedding", ELEMENT_TYPE.float32, ["b", width]);
  });
}

export function asLink(
  name: string,
  place: GraphLink["place"],
  model: ModelProto,
  scalars: GraphLink["scalars"],
): GraphLink {
  const graph = serializeModel(model);
  const sha256 = createHash("sha256").update(graph).digest("hex");
  return { name, place, graph, sha256, scalars };
}
