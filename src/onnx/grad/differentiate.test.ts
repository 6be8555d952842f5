import { describe, expect, it } from "vitest";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { checkCase, floatInput, randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import { serializeModel } from "../file.ts";
import { readShapes } from "../shapes.ts";
import { differentiate } from "./differentiate.ts";

/** y = LayerNorm(softmax(x W) V + x): every family in one small graph. */
const block = tinyGraph(17, (b) => {
  const x = floatInput(b, "x", [2, 5, 6]);
  const weight = (seed: number, shape: number[]): string => b.constant(randomTensor(seed, shape));
  const scores = b.add("Softmax", [b.add("MatMul", [x, weight(1, [6, 4])])]);
  const mixed = b.add("Add", [b.add("MatMul", [scores, weight(2, [4, 6])]), x]);
  const y = b.add("LayerNormalization", [mixed, weight(3, [6]), weight(4, [6])]);
  b.addOutput(y, 1);
});

describe("differentiate", () => {
  for (const target of ["wasm", "webgpu"] as const) {
    it(`agrees with central differences on a small block (${target})`, async () => {
      const { checks, graph } = await checkCase(
        { model: block, feeds: { x: randomTensor(5, [2, 5, 6]) }, wrt: ["x"] },
        target,
      );
      expect(checks["x"]!.maxRelativeError).toBeLessThan(0.005);
      const fused = graph.model.graph!.node.filter((node) => node.opType === "FusedMatMul");
      expect(fused.length > 0).toBe(target === "wasm");
      expect(graph.surrogate).toBe(false);
    });
  }
});

describe("half precision", () => {
  /** loss = sum(1e-6 x^2) computed in float16, where the gradient 2e-6 x is below the smallest normal number. */
  const half = tinyGraph(17, (b) => {
    const x = floatInput(b, "x", [4]);
    const h = b.add("Cast", [x], { attributes: { to: { int: 10 } } });
    const small = b.add("Mul", [
      b.add("Mul", [h, h]),
      b.constant({ dtype: "float16", data: Uint16Array.of(0x0011), shape: [] }),
    ]);
    const wide = b.add("Cast", [small], { attributes: { to: { int: 1 } } });
    b.add("ReduceSum", [wide], { attributes: { keepdims: { int: 0 } }, outputs: ["loss"] });
    b.addOutput("loss", 1, []);
  });
  const x = randomTensor(3, [4], 0.01);
  const run = async (lossScale: number): Promise<{ gradient: number[]; overflow: number }> => {
    const shapes = await readShapes(half, nativeRunner);
    const graph = differentiate(half, {
      loss: "loss",
      wrt: ["x"],
      shapes,
      target: "wasm",
      lossScale,
    });
    const results = await nativeRunner(serializeModel(graph.model), { x });
    return {
      gradient: Array.from(results["grad_x"]!.data as Float32Array),
      overflow: Number(results[graph.overflow!]!.data[0]),
    };
  };
  // 0x0011 is 17 * 2^-24.
  const expected = Array.from(x.data, (v) => 2 * v * 17 * 2 ** -24);

  it("keeps small gradients with a loss scale", async () => {
    const { gradient, overflow } = await run(32768);
    gradient.forEach((g, i) => expect(Math.abs(g / expected[i]! - 1)).toBeLessThan(0.003));
    expect(overflow).toBe(0);
  });

  it("reports an overflow", async () => {
    const steep = tinyGraph(17, (b) => {
      const y = b.add("Mul", [floatInput(b, "x", [4]), b.float(1e10)]);
      b.add("ReduceSum", [y], { attributes: { keepdims: { int: 0 } }, outputs: ["loss"] });
      b.addOutput("loss", 1, []);
    });
    const shapes = await readShapes(steep, nativeRunner);
    const graph = differentiate(steep, {
      loss: "loss",
      wrt: ["x"],
      shapes,
      target: "wasm",
      lossScale: 1e30,
    });
    const results = await nativeRunner(serializeModel(graph.model), { x });
    expect(Number(results[graph.overflow!]!.data[0])).toBe(4);
  });
});
