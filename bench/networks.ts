/** Encoders of published shapes with random weights: what a gradient costs does not depend on what was learned. */
import { GraphBuilder } from "../src/onnx/graphBuilder.ts";
import { ELEMENT_TYPE, emptyModel } from "../src/onnx/messages.ts";
import type { ModelProto } from "../src/onnx/messages.ts";

export interface Network {
  readonly name: string;
  readonly model: ModelProto;
  readonly input: readonly number[];
  /** Length of the output `feature`. */
  readonly width: number;
}

/** Uniform numbers in (-scale, scale) from a multiplicative congruential generator: no statistics are asked of them. */
class Weights {
  #state = 1;
  readonly #b: GraphBuilder;

  constructor(b: GraphBuilder) {
    this.#b = b;
  }

  make(shape: readonly number[], scale: number, shift = 0): string {
    const size = shape.reduce((a, n) => a * n, 1);
    const data = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      this.#state = (Math.imul(this.#state, 48271) >>> 0) % 0x7fffffff;
      data[i] = shift + scale * (2 * (this.#state / 0x7fffffff) - 1);
    }
    return this.#b.constant({ dtype: "float32", data, shape });
  }
}

export interface TransformerShape {
  /** Side of the picture; patches are 16 x 16. */
  readonly size: number;
  readonly width: number;
  readonly heads: number;
  readonly depth: number;
}

/** Vision transformer with class token and exact GELU, as torch exports it (Dosovitskiy et al. 2021). */
export function visionTransformer(
  name: string,
  { size, width, heads, depth }: TransformerShape,
): Network {
  const b = new GraphBuilder(emptyModel(17, name, 8));
  const weights = new Weights(b);
  const patchCount = (size / 16) ** 2;
  const tokens = patchCount + 1;
  const scale = Math.sqrt(3 / width);
  const image = b.addInput("image", ELEMENT_TYPE.float32, [1, 3, size, size]);
  const patches = b.add("Conv", [image, weights.make([width, 3, 16, 16], 0.06)], {
    attributes: { strides: { ints: [16, 16] }, kernel_shape: { ints: [16, 16] } },
  });
  const rows = b.add("Transpose", [b.reshape(patches, [1, width, patchCount])], {
    attributes: { perm: { ints: [0, 2, 1] } },
  });
  const joined = b.add("Concat", [weights.make([1, 1, width], 0.1), rows], {
    attributes: { axis: { int: 1 } },
  });
  let x = b.add("Add", [joined, weights.make([1, tokens, width], 0.1)]);
  const linear = (input: string, from: number, to: number): string =>
    b.add("Add", [
      b.add("MatMul", [input, weights.make([from, to], scale)]),
      weights.make([to], 0.02),
    ]);
  const norm = (input: string): string =>
    b.add(
      "LayerNormalization",
      [input, weights.make([width], 0.1, 1), weights.make([width], 0.1)],
      { attributes: { axis: { int: -1 }, epsilon: { float: 1e-6 } } },
    );
  const turn = (input: string, perm: readonly number[]): string =>
    b.add("Transpose", [input], { attributes: { perm: { ints: perm } } });
  for (let layer = 0; layer < depth; layer++) {
    const normed = norm(x);
    const split = (perm: readonly number[]): string =>
      turn(b.reshape(linear(normed, width, width), [1, tokens, heads, width / heads]), perm);
    const [q, k, v] = [split([0, 2, 1, 3]), split([0, 2, 3, 1]), split([0, 2, 1, 3])];
    const scores = b.add("Mul", [b.add("MatMul", [q, k]), b.float((width / heads) ** -0.5)]);
    const map = b.add("Softmax", [scores], { attributes: { axis: { int: -1 } } });
    const mixed = b.reshape(turn(b.add("MatMul", [map, v]), [0, 2, 1, 3]), [1, tokens, width]);
    x = b.add("Add", [x, linear(mixed, width, width)]);
    const hidden = linear(norm(x), width, 4 * width);
    const erf = b.add("Erf", [b.add("Div", [hidden, b.float(Math.SQRT2)])]);
    const gelu = b.add("Mul", [
      b.add("Mul", [hidden, b.add("Add", [erf, b.float(1)])]),
      b.float(0.5),
    ]);
    x = b.add("Add", [x, linear(gelu, 4 * width, width)]);
  }
  b.add("Gather", [norm(x), b.int(0)], {
    outputs: ["feature"],
    attributes: { axis: { int: 1 } },
  });
  b.addOutput("feature", ELEMENT_TYPE.float32, [1, width]);
  return { name, model: b.build(), input: [1, 3, size, size], width };
}

/** ResNet-50 with its batch normalisation folded into the convolutions, as exports for inference have it (He et al. 2016). */
export function residualNetwork(name: string): Network {
  const b = new GraphBuilder(emptyModel(17, name, 8));
  const weights = new Weights(b);
  const image = b.addInput("image", ELEMENT_TYPE.float32, [1, 3, 224, 224]);
  const conv = (
    x: string,
    [from, to]: readonly [number, number],
    kernel: number,
    stride: number,
  ): string => {
    const pad = (kernel - 1) / 2;
    const scale = Math.sqrt(3 / (from * kernel * kernel));
    return b.add(
      "Conv",
      [x, weights.make([to, from, kernel, kernel], scale), weights.make([to], 0.05)],
      {
        attributes: {
          kernel_shape: { ints: [kernel, kernel] },
          strides: { ints: [stride, stride] },
          pads: { ints: [pad, pad, pad, pad] },
        },
      },
    );
  };
  const relu = (x: string): string => b.add("Relu", [x]);
  let x = b.add("MaxPool", [relu(conv(image, [3, 64], 7, 2))], {
    attributes: {
      kernel_shape: { ints: [3, 3] },
      strides: { ints: [2, 2] },
      pads: { ints: [1, 1, 1, 1] },
    },
  });
  let from = 64;
  [3, 4, 6, 3].forEach((blocks, stage) => {
    const inner = 64 * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const y = conv(
        relu(conv(relu(conv(x, [from, inner], 1, 1)), [inner, inner], 3, stride)),
        [inner, 4 * inner],
        1,
        1,
      );
      const skip = block === 0 ? conv(x, [from, 4 * inner], 1, stride) : x;
      x = relu(b.add("Add", [y, skip]));
      from = 4 * inner;
    }
  });
  b.add("ReduceMean", [x], {
    outputs: ["feature"],
    attributes: { axes: { ints: [2, 3] }, keepdims: { int: 0 } },
  });
  b.addOutput("feature", ELEMENT_TYPE.float32, [1, from]);
  return { name, model: b.build(), input: [1, 3, 224, 224], width: from };
}

/** The shapes the budgets are about, smallest first; made when asked for, as they fill memory. */
export const NETWORKS: Readonly<Record<string, () => Network>> = {
  "ViT-S/16": () => visionTransformer("ViT-S/16", { size: 224, width: 384, heads: 6, depth: 12 }),
  "ViT-B/16": () => visionTransformer("ViT-B/16", { size: 224, width: 768, heads: 12, depth: 12 }),
  "ResNet-50": () => residualNetwork("ResNet-50"),
};
