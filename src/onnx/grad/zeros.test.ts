/** Where a slope is infinite or undefined: a subgradient that PyTorch takes too, and nothing from branches left out. */
import { describe, expect, it } from "vitest";
import { floatTensor } from "../../tensor/tensor.ts";
import { checkCase, floatInput, randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import type { GraphBuilder } from "../graphBuilder.ts";

const c = (n: number): Float32Array => randomTensor(7, [n]).data;

async function gradientAt(
  values: readonly number[],
  shape: readonly number[],
  build: (b: GraphBuilder, x: string) => string,
): Promise<number[]> {
  const model = tinyGraph(18, (b) => b.addOutput(build(b, floatInput(b, "x", shape)), 1));
  const x = floatTensor(Float32Array.from(values), shape);
  return [...(await checkCase({ model, feeds: { x }, wrt: ["x"] })).gradients["x"]!];
}

const close = (values: readonly number[]): unknown[] => values.map((v) => expect.closeTo(v, 6));

describe("norms of zeros", () => {
  it("ReduceL2: 0 in the row of zeros, x / |x| elsewhere", async () => {
    const [a = 0] = c(2);
    const gradient = await gradientAt([3, 4, 0, 0], [2, 2], (g, x) =>
      g.add("ReduceL2", [x, g.ints([1])], { attributes: { keepdims: { int: 0 } } }),
    );
    expect(gradient).toEqual(close([0.6 * a, 0.8 * a, 0, 0]));
  });

  it.each([1, 2])("LpNormalization with p = %i: finite", async (p) => {
    const gradient = await gradientAt([3, 0, 0, 0], [2, 2], (g, x) =>
      g.add("LpNormalization", [x], { attributes: { p: { int: p }, axis: { int: 1 } } }),
    );
    const [, second = 0] = c(4);
    // d(x1 / |x|) of the entry beside a zero; along x itself nothing changes.
    expect(gradient).toEqual(close([0, second / 3, 0, 0]));
  });

  it.each([2, 3])("LpPool with p = %i: finite", async (p) => {
    const gradient = await gradientAt([0, 0, 0, 2], [1, 1, 4], (g, x) =>
      g.add("LpPool", [x], {
        attributes: { kernel_shape: { ints: [2] }, strides: { ints: [2] }, p: { int: p } },
      }),
    );
    const [, second = 0] = c(2);
    expect(gradient).toEqual(close([0, 0, 0, second]));
  });
});

describe("a branch that is left out", () => {
  const POLES: Readonly<Record<string, (b: GraphBuilder, x: string) => string>> = {
    Sqrt: (b, x) => b.add("Sqrt", [x]),
    Log: (b, x) => b.add("Log", [x]),
    Reciprocal: (b, x) => b.add("Reciprocal", [x]),
    "Pow 0.5": (b, x) => b.add("Pow", [x, b.float(0.5)]),
    "Pow -1": (b, x) => b.add("Pow", [x, b.float(-1)]),
    Div: (b, x) => b.add("Div", [b.float(1), x]),
  };
  for (const [name, pole] of Object.entries(POLES)) {
    it(`${name} at 0 counts for nothing behind a Where`, async () => {
      const gradient = await gradientAt([0, 4], [2], (b, x) => {
        const isZero = b.add("Equal", [x, b.float(0)]);
        return b.add("Where", [isZero, b.add("Mul", [x, b.float(3)]), pole(b, x)]);
      });
      expect(gradient[0]).toBeCloseTo(3 * c(2)[0]!, 6);
      expect(Number.isFinite(gradient[1])).toBe(true);
    });
  }
});
