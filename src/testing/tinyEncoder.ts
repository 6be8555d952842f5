/** A vision transformer of one block, small enough for a test: 32 x 32, patches of 8, a class token, two heads. */
import { serializeModel } from "../onnx/file.ts";
import { ELEMENT_TYPE } from "../onnx/messages.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { randomTensor, tinyGraph } from "./tinyGraphs.ts";

const WIDTH = 8;
const HEADS = 2;
const TOKENS = 17;
const HEAD_WIDTH = WIDTH / HEADS;

/** @param size side of the picture the graph declares; a symbol leaves it open, though only 32 fits the positions */
export function tinyEncoder(size: number | string = 32): ModelProto {
  return tinyGraph(17, (b) => {
    const image = b.addInput("pixel_values", ELEMENT_TYPE.float32, [1, 3, size, size]);
    const weight = (seed: number, shape: readonly number[], scale = 0.3) =>
      b.constant(randomTensor(seed, shape, scale));
    const patches = b.add("Conv", [image, weight(1, [WIDTH, 3, 8, 8], 0.1)], {
      attributes: { strides: { ints: [8, 8] }, kernel_shape: { ints: [8, 8] } },
    });
    const rows = b.add("Transpose", [b.reshape(patches, [1, WIDTH, -1])], {
      attributes: { perm: { ints: [0, 2, 1] } },
    });
    const all = b.add("Concat", [weight(2, [1, 1, WIDTH]), rows], {
      attributes: { axis: { int: 1 } },
    });
    const x = b.add("Add", [all, weight(3, [1, TOKENS, WIDTH])]);
    const heads = (seed: number, perm: readonly number[]): string => {
      const projected = b.add("MatMul", [x, weight(seed, [WIDTH, WIDTH])]);
      return b.add("Transpose", [b.reshape(projected, [1, TOKENS, HEADS, HEAD_WIDTH])], {
        attributes: { perm: { ints: perm } },
      });
    };
    const scores = b.add("MatMul", [heads(4, [0, 2, 1, 3]), heads(5, [0, 2, 3, 1])]);
    const map = b.add("Softmax", [b.add("Mul", [scores, b.float(HEAD_WIDTH ** -0.5)])], {
      attributes: { axis: { int: -1 } },
    });
    const mixed = b.add("MatMul", [map, heads(6, [0, 2, 1, 3])]);
    const joined = b.reshape(
      b.add("Transpose", [mixed], { attributes: { perm: { ints: [0, 2, 1, 3] } } }),
      [1, TOKENS, WIDTH],
    );
    b.add("Add", [x, b.add("MatMul", [joined, weight(7, [WIDTH, WIDTH])])], {
      outputs: ["last_hidden_state"],
    });
    b.add("Gather", ["last_hidden_state", b.int(0)], {
      outputs: ["pooled"],
      attributes: { axis: { int: 1 } },
    });
    b.addOutput("last_hidden_state", ELEMENT_TYPE.float32);
    b.addOutput("pooled", ELEMENT_TYPE.float32);
  });
}

export function tinyEncoderFile(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(serializeModel(tinyEncoder()));
}
