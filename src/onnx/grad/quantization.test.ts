/**
 * Straight-through rules have no derivative to compare with: expected values follow their definition by hand, and for
 * layers from the gradient of the same layer with real (dequantized) weights.
 */
import { describe, expect, it } from "vitest";
import { floatTensor } from "../../tensor/tensor.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import { bytes } from "../../testing/ruleCases/ruleCase.ts";
import { checkCase, floatInput, randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import type { GraphBuilder } from "../graphBuilder.ts";

const scalar = (b: GraphBuilder, value: number): string => b.float(value);
const byte = (b: GraphBuilder, value: number): string => b.constant(bytes("uint8", [value], []));
/** The cotangent that checkCase feeds first. */
const cotangent = (shape: readonly number[]): Float32Array => randomTensor(7, shape).data;

describe("straight-through gradients", () => {
  it("of quantize-dequantize: the identity inside the range, zero outside", async () => {
    const x = floatTensor(Float32Array.from([-0.6, -0.4, 0, 1, 2, 2.2]), [6]);
    const model = tinyGraph(17, (b) => {
      const input = floatInput(b, "x", [6]);
      // Range: (0 - 50) * 0.01 = -0.5 to (255 - 50) * 0.01 = 2.05.
      const q = b.add("QuantizeLinear", [input, scalar(b, 0.01), byte(b, 50)]);
      b.addOutput(b.add("DequantizeLinear", [q, scalar(b, 0.01), byte(b, 50)]), 1);
    });
    const { gradients, graph } = await checkCase({ model, feeds: { x }, wrt: ["x"] });
    const c = cotangent([6]);
    expect([...gradients["x"]!]).toEqual(
      [0, c[1], c[2], c[3], c[4], 0].map((v) => expect.closeTo(v!, 5)),
    );
    expect(graph.surrogate).toBe(true);
    expect(graph.surrogateNodes).toEqual([expect.stringMatching(/^QuantizeLinear /)]);
  });

  it("of per-channel quantization: each channel has its own range", async () => {
    const x = floatTensor(Float32Array.from([2, 2, 2, 2]), [2, 2]);
    const model = tinyGraph(17, (b) => {
      const input = floatInput(b, "x", [2, 2]);
      const scales = b.constant(floatTensor(Float32Array.from([0.01, 0.02]), [2]));
      const zeros = b.constant(bytes("int8", [0, 0], [2]));
      const attributes = { axis: { int: 1 } };
      const q = b.add("QuantizeLinear", [input, scales, zeros], { attributes });
      b.addOutput(b.add("DequantizeLinear", [q, scales, zeros], { attributes }), 1);
    });
    const { gradients } = await checkCase({ model, feeds: { x }, wrt: ["x"] });
    const c = cotangent([2, 2]);
    // 127 * 0.01 < 2 <= 127 * 0.02.
    expect([...gradients["x"]!]).toEqual([0, c[1], 0, c[3]].map((v) => expect.closeTo(v!, 5)));
  });

  const integers = Int8Array.from({ length: 20 }, (_, i) => ((i * 37) % 255) - 127);
  const real = (zeroPoint: number): Float32Array =>
    Float32Array.from(integers, (v) => v - zeroPoint);

  it("of dynamic quantization and an integer product: the product with the real weights", async () => {
    const x = randomTensor(1, [3, 4]);
    const model = tinyGraph(17, (b) => {
      const input = floatInput(b, "x", [3, 4]);
      const [q = "", scale = "", zero = ""] = b.addMany("DynamicQuantizeLinear", [input], {
        outputs: 3,
      });
      const w = b.constant({ dtype: "int8", data: integers, shape: [4, 5] });
      const product = b.add("MatMulInteger", [q, w, zero, b.constant(bytes("int8", [3], []))]);
      const float = b.add("Cast", [product], { attributes: { to: { int: 1 } } });
      b.addOutput(b.add("Mul", [float, b.add("Mul", [scale, scalar(b, 0.02)])]), 1);
    });
    const { gradients, graph } = await checkCase({ model, feeds: { x }, wrt: ["x"] });
    const expected = await productGradient(x, real(3), 0.02);
    gradients["x"]!.forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 4));
    expect(graph.surrogateNodes).toHaveLength(2);
  });

  it("of QLinearMatMul: the product with the real weights, zero where the output saturates", async () => {
    const x = randomTensor(1, [3, 4]);
    const model = tinyGraph(17, (b) => {
      const input = floatInput(b, "x", [3, 4]);
      const q = b.add("QuantizeLinear", [input, scalar(b, 0.05), byte(b, 128)]);
      const w = b.constant({ dtype: "int8", data: integers, shape: [4, 5] });
      const y = b.add("QLinearMatMul", [
        q,
        scalar(b, 0.05),
        byte(b, 128),
        w,
        scalar(b, 0.02),
        b.constant(bytes("int8", [3], [])),
        scalar(b, 0.2),
        byte(b, 100),
      ]);
      b.addOutput(b.add("DequantizeLinear", [y, scalar(b, 0.2), byte(b, 100)]), 1);
    });
    const { gradients } = await checkCase({ model, feeds: { x }, wrt: ["x"] });
    const expected = await productGradient(x, real(3), 0.02);
    gradients["x"]!.forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 4));
  });

  it("of integer convolutions: those of the real convolution", async () => {
    const x = randomTensor(1, [1, 2, 5, 5], 0.5);
    const w = Int8Array.from({ length: 36 }, (_, i) => ((i * 29) % 255) - 127);
    const attributes = { strides: { ints: [2, 1] }, pads: { ints: [1, 1, 0, 1] } };
    const realModel = tinyGraph(17, (b) => {
      const weights = floatTensor(
        Float32Array.from(w, (v) => v * 0.01),
        [2, 2, 3, 3],
      );
      b.addOutput(
        b.add("Conv", [floatInput(b, "x", x.shape), b.constant(weights)], { attributes }),
        1,
      );
    });
    const expected = (await checkCase({ model: realModel, feeds: { x }, wrt: ["x"] })).gradients[
      "x"
    ]!;
    const dynamic = tinyGraph(17, (b) => {
      const input = floatInput(b, "x", x.shape);
      const [q = "", scale = "", zero = ""] = b.addMany("DynamicQuantizeLinear", [input], {
        outputs: 3,
      });
      // onnxruntime has unsigned integer convolutions only: shift the weights by a zero point.
      const shifted = Uint8Array.from(w, (v) => v + 128);
      const weights = b.constant({ dtype: "uint8", data: shifted, shape: [2, 2, 3, 3] });
      const y = b.add("ConvInteger", [q, weights, zero, byte(b, 128)], { attributes });
      const float = b.add("Cast", [y], { attributes: { to: { int: 1 } } });
      b.addOutput(b.add("Mul", [float, b.add("Mul", [scale, scalar(b, 0.01)])]), 1);
    });
    const linear = tinyGraph(17, (b) => {
      const q = b.add("QuantizeLinear", [
        floatInput(b, "x", x.shape),
        scalar(b, 0.02),
        byte(b, 128),
      ]);
      const weights = b.constant({ dtype: "int8", data: w, shape: [2, 2, 3, 3] });
      const scales = b.constant(floatTensor(Float32Array.from([0.01, 0.01]), [2]));
      const zeros = b.constant(bytes("int8", [0, 0], [2]));
      const y = b.add(
        "QLinearConv",
        [q, scalar(b, 0.02), byte(b, 128), weights, scales, zeros, scalar(b, 0.2), byte(b, 128)],
        { attributes },
      );
      b.addOutput(b.add("DequantizeLinear", [y, scalar(b, 0.2), byte(b, 128)]), 1);
    });
    for (const model of [dynamic, linear]) {
      const { gradients } = await checkCase({ model, feeds: { x }, wrt: ["x"] });
      gradients["x"]!.forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 4));
    }
  });
});

describe("integers between quantizing and dequantizing", () => {
  const SHAPE = [1, 2, 4, 4];
  const x = randomTensor(3, SHAPE);
  /** Each as it stands in float graphs too: moves, picks and comparisons. */
  const MOVES: Readonly<Record<string, (b: GraphBuilder, q: string) => string>> = {
    MaxPool: (b, q) =>
      b.add("MaxPool", [q], {
        attributes: { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } },
      }),
    Concat: (b, q) => b.add("Concat", [q, q], { attributes: { axis: { int: 1 } } }),
    Slice: (b, q) => b.add("Slice", [q, b.ints([1]), b.ints([3]), b.ints([3])]),
    Gather: (b, q) => b.add("Gather", [q, b.int(0)], { attributes: { axis: { int: 2 } } }),
    Transpose: (b, q) => b.add("Transpose", [q]),
    Reshape: (b, q) => b.add("Reshape", [q, b.ints([2, -1])]),
    Resize: (b, q) =>
      b.add("Resize", [q, "", "", b.ints([1, 2, 6, 7])], {
        attributes: {
          coordinate_transformation_mode: { string: "asymmetric" },
          nearest_mode: { string: "floor" },
        },
      }),
    Pad: (b, q) => b.add("Pad", [q, b.ints([0, 0, 1, 0, 0, 0, 0, 2])]),
    Split: (b, q) =>
      b.addMany("Split", [q, b.ints([1, 3])], { outputs: 2, attributes: { axis: { int: 2 } } })[1]!,
    Max: (b, q) => b.add("Max", [q, byte(b, 130)]),
    Clip: (b, q) => b.add("Clip", [q, byte(b, 120), byte(b, 140)]),
    Where: (b, q) => b.add("Where", [b.add("Greater", [q, byte(b, 128)]), q, byte(b, 128)]),
  };
  for (const [op, move] of Object.entries(MOVES)) {
    it(`${op}: the gradient of the same operator on the rounded numbers, and marked`, async () => {
      const build = (quantized: boolean) => (b: GraphBuilder) => {
        const input = floatInput(b, "x", SHAPE);
        const parameters = [scalar(b, 0.03), byte(b, 128)];
        const q = b.add("QuantizeLinear", [input, ...parameters]);
        const y = quantized
          ? b.add("DequantizeLinear", [move(b, q), ...parameters])
          : moveFloats(b, b.add("DequantizeLinear", [q, ...parameters]));
        b.addOutput(b.add("Mul", [y, b.float(1)]), 1);
      };
      /** The same on floats: bounds and borders stand for themselves. */
      const moveFloats = (b: GraphBuilder, value: string): string => {
        const level = (n: number): string => scalar(b, Math.fround((n - 128) * Math.fround(0.03)));
        if (op === "Max") return b.add("Max", [value, level(130)]);
        if (op === "Clip") return b.add("Clip", [value, level(120), level(140)]);
        if (op === "Where")
          return b.add("Where", [b.add("Greater", [value, level(128)]), value, level(128)]);
        return move(b, value);
      };
      const integers = await checkCase({
        model: tinyGraph(17, build(true)),
        feeds: { x },
        wrt: ["x"],
      });
      const floats = await checkCase({
        model: tinyGraph(17, build(false)),
        feeds: { x },
        wrt: ["x"],
      });
      expect(integers.graph.surrogate).toBe(true);
      integers.gradients["x"]!.forEach((g, i) =>
        expect(g).toBeCloseTo(floats.gradients["x"]![i]!, 5),
      );
      expect(integers.gradients["x"]!.some((g) => g !== 0)).toBe(true);
    });
  }

  it("refuse arithmetic on them by name", async () => {
    const model = tinyGraph(17, (b) => {
      const input = floatInput(b, "x", [4]);
      const q = b.add("QuantizeLinear", [input, scalar(b, 0.03), byte(b, 128)]);
      const sum = b.add("Add", [
        b.add("Cast", [q], { attributes: { to: { int: 6 } } }),
        b.add("Cast", [q], { attributes: { to: { int: 6 } } }),
      ]);
      const half = b.add("Div", [
        sum,
        b.constant({ dtype: "int32", data: Int32Array.of(2), shape: [] }),
      ]);
      b.addOutput(
        b.add("Add", [b.add("Cast", [half], { attributes: { to: { int: 1 } } }), input]),
        1,
      );
    });
    await expect(
      checkCase({ model, feeds: { x: randomTensor(1, [4]) }, wrt: ["x"] }),
    ).rejects.toThrow(/Div "Div_node\w*" cannot be built: it computes with quantized integers/);
  });
});

describe("fused integer products of com.microsoft", () => {
  const w = Int8Array.from({ length: 20 }, (_, i) => ((i * 37) % 255) - 127);
  const MODELS: Readonly<Record<string, (b: GraphBuilder, x: string, weight: string) => string>> = {
    MatMulIntegerToFloat: (b, input, weight) => {
      const [q = "", scale = "", zero = ""] = b.addMany("DynamicQuantizeLinear", [input], {
        outputs: 3,
      });
      const inputs = [q, weight, scale, scalar(b, 0.02), zero, b.constant(bytes("int8", [3], []))];
      return b.add("MatMulIntegerToFloat", inputs, { domain: "com.microsoft" });
    },
    DynamicQuantizeMatMul: (b, input, weight) =>
      b.add(
        "DynamicQuantizeMatMul",
        [input, weight, scalar(b, 0.02), b.constant(bytes("int8", [3], []))],
        {
          domain: "com.microsoft",
        },
      ),
  };
  for (const [op, build] of Object.entries(MODELS)) {
    it(`${op}: the product with the real weights, beside a residual, and marked`, async () => {
      const x = randomTensor(1, [3, 4]);
      const model = tinyGraph(17, (b) => {
        const input = floatInput(b, "x", [3, 4]);
        const weight = b.constant({ dtype: "int8", data: w, shape: [4, 5] });
        const y = build(b, input, weight);
        const rest = b.add("Slice", [
          b.add("Concat", [input, input], { attributes: { axis: { int: 1 } } }),
          b.ints([0]),
          b.ints([5]),
          b.ints([1]),
        ]);
        b.addOutput(b.add("Add", [y, rest]), 1);
      });
      const { gradients, graph } = await checkCase({ model, feeds: { x }, wrt: ["x"] });
      const product = await productGradient(
        x,
        Float32Array.from(w, (v) => v - 3),
        0.02,
      );
      const c = cotangent([3, 5]);
      gradients["x"]!.forEach((g, i) => {
        const [row, column] = [Math.floor(i / 4), i % 4];
        const residual = c[row * 5 + column]! + (column === 0 ? c[row * 5 + 4]! : 0);
        expect(g).toBeCloseTo(product[i]! + residual, 4);
      });
      expect(graph.surrogateNodes.some((label) => label.startsWith(op))).toBe(true);
    });
  }

  it("MatMulNBits is marked where the runtime rounds its activations too", async () => {
    for (const [level, marked] of [
      [1, false],
      [4, true],
    ] as const) {
      const model = tinyGraph(17, (b) => {
        const packed = b.constant({
          dtype: "uint8",
          data: Uint8Array.from({ length: 32 }, (_, i) => (i * 53) % 256),
          shape: [2, 1, 16],
        });
        const scales = b.constant(floatTensor(Float32Array.of(0.1, 0.2), [2]));
        const y = b.add("MatMulNBits", [floatInput(b, "x", [3, 32]), packed, scales], {
          domain: "com.microsoft",
          attributes: {
            K: { int: 32 },
            N: { int: 2 },
            bits: { int: 4 },
            block_size: { int: 32 },
            accuracy_level: { int: level },
          },
        });
        b.addOutput(y, 1);
      });
      const { graph } = await checkCase({
        model,
        feeds: { x: randomTensor(1, [3, 32]) },
        wrt: ["x"],
      });
      expect(graph.surrogate).toBe(marked);
    }
  });
});

/** c (scale W)^T for the cotangent c [3, 5] of checkCase and W [4, 5]. */
async function productGradient(x: FloatTensor, w: Float32Array, scale: number): Promise<number[]> {
  const c = cotangent([3, 5]);
  return Array.from(x.data, (_, at) => {
    const [row, i] = [Math.floor(at / 4), at % 4];
    let sum = 0;
    for (let j = 0; j < 5; j++) sum += c[row * 5 + j]! * scale * w[i * 5 + j]!;
    return sum;
  });
}

describe("refusals name the operator and the node", () => {
  it("for an operator without a rule", async () => {
    const model = tinyGraph(17, (b) => {
      const y = b.add("Det", [floatInput(b, "x", [1, 2, 2])]);
      b.addOutput(y, 1);
    });
    await expect(
      checkCase({ model, feeds: { x: randomTensor(1, [1, 2, 2]) }, wrt: ["x"] }),
    ).rejects.toMatchObject({
      code: "graph-unsupported-op",
      message: expect.stringContaining('Det "Det_node"'),
    });
  });

  it("for convolution weights that depend on the input", async () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [1, 1, 2, 2]);
      b.addOutput(b.add("Conv", [b.constant(randomTensor(1, [1, 1, 4, 4])), x]), 1);
    });
    await expect(
      checkCase({ model, feeds: { x: randomTensor(1, [1, 1, 2, 2]) }, wrt: ["x"] }),
    ).rejects.toThrow(/its weights depend on the differentiated value/);
  });

  it("for a loss that does not depend on the value", async () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [4]);
      b.addOutput(b.add("Cast", [b.add("ArgMax", [x])], { attributes: { to: { int: 1 } } }), 1);
    });
    await expect(
      checkCase({ model, feeds: { x: randomTensor(1, [4]) }, wrt: ["x"] }),
    ).rejects.toThrow(/does not depend on "x" through differentiable operators/);
  });
});
