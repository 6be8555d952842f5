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
