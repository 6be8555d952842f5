import { describe, expect, it } from "vitest";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { floatInput, randomTensor, tinyGraph } from "../testing/tinyGraphs.ts";
import { int64Tensor } from "../tensor/tensor.ts";
import { GraphView } from "./graph.ts";
import type { GraphBuilder } from "./graphBuilder.ts";
import { placeTaps } from "./placement.ts";
import { readShapes } from "./shapes.ts";
import { findAttentionTaps } from "./taps.ts";
import type { TokenGrid } from "./taps.ts";

const ints = (b: GraphBuilder, ...values: number[]) =>
  b.constant(int64Tensor(values, [values.length]));

/** torch.roll(x, -by, axis) as exporters write it. */
function rolled(b: GraphBuilder, x: string, by: number, axis: number): string {
  const far = 2 ** 31 - 1;
  const part = (from: number, to: number) =>
    b.add("Slice", [x, ints(b, from), ints(b, to), ints(b, axis)]);
  return b.add("Concat", [part(by, far), part(0, by)], { attributes: { axis: { int: axis } } });
}

/** Softmax(q k) v over windows [W, T, 4], one head. */
function attend(b: GraphBuilder, windows: string): void {
  const w = (seed: number) => b.constant(randomTensor(seed, [4, 4]));
  const heads = (x: string) => b.add("Unsqueeze", [x, ints(b, 1)]);
  const [q, k, v] = [1, 2, 3].map((seed) => heads(b.add("MatMul", [windows, w(seed)])));
  const turned = b.add("Transpose", [k!], { attributes: { perm: { ints: [0, 1, 3, 2] } } });
  b.add("Softmax", [b.add("MatMul", [q!, turned])], { outputs: ["map"] });
  b.addOutput(b.add("MatMul", ["map", v!], { outputs: ["y"] }));
}

async function placedIn(build: (b: GraphBuilder) => void, grid?: TokenGrid) {
  const model = tinyGraph(17, build);
  const shapes = await readShapes(model, nativeRunner);
  const taps = findAttentionTaps(new GraphView(model), shapes);
  expect(taps).toHaveLength(1);
  return placeTaps({ model, shapes }, taps, grid, nativeRunner);
}

describe("placeTaps", () => {
  it("follows tokens through rolling and window partition", async () => {
    const [placed] = await placedIn((b) => {
      const x = floatInput(b, "x", [1, 16, 4]);
      const normed = b.add("Mul", [x, b.constant(randomTensor(7, [4]))]);
      const map = b.add("Reshape", [normed, ints(b, 1, 4, 4, 4)]);
      const moved = rolled(b, rolled(b, map, 1, 1), 1, 2);
      const split = b.add("Reshape", [moved, ints(b, 1, 2, 2, 2, 2, 4)]);
      const turned = b.add("Transpose", [split], {
        attributes: { perm: { ints: [0, 1, 3, 2, 4, 5] } },
      });
      attend(b, b.add("Reshape", [turned, ints(b, 4, 4, 4)]));
    });
    // Window (a, b) holds place (i, j) of the rolled map, which came from one row and column further.
    const expected: number[] = [];
    for (const [a, c] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      for (const [i, j] of [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ] as const) {
        expected.push(4 * ((2 * a + i + 1) % 4) + ((2 * c + j + 1) % 4));
      }
    }
    expect(placed).toMatchObject({ kind: "self", rows: 4, columns: 4, isGlobal: false });
    expect([...placed!.cells]).toEqual(expected);
  });

  it("gives padding no place", async () => {
    const [placed] = await placedIn((b) => {
      const x = floatInput(b, "x", [1, 3, 3, 4]);
      const normed = b.add("Mul", [x, b.constant(randomTensor(7, [4]))]);
      const padded = b.add("Pad", [normed, ints(b, 0, 0, 0, 0, 0, 1, 1, 0)]);
      const split = b.add("Reshape", [padded, ints(b, 1, 2, 2, 2, 2, 4)]);
      const turned = b.add("Transpose", [split], {
        attributes: { perm: { ints: [0, 1, 3, 2, 4, 5] } },
      });
      attend(b, b.add("Reshape", [turned, ints(b, 4, 4, 4)]));
    });
    expect([...placed!.cells]).toEqual([0, 1, 3, 4, 2, -1, 5, -1, 6, 7, -1, -1, 8, -1, -1, -1]);
  });

  it("leaves out windows of something else than places", async () => {
    const placed = await placedIn((b) => {
      const x = floatInput(b, "x", [1, 16, 4]);
      // Two values go in: where a key lies is not the graph's movement alone.
      const sum = b.add("Concat", [x, b.add("Mul", [x, b.constant(randomTensor(7, [4]))])], {
        attributes: { axis: { int: 1 } },
      });
      attend(b, b.add("Reshape", [sum, ints(b, 8, 4, 4)]));
    });
    expect(placed).toEqual([]);
  });

  it("puts special tokens before the grid", async () => {
    const [placed] = await placedIn(
      (b) => {
        const x = floatInput(b, "x", [1, 6, 4]);
        attend(b, b.add("Mul", [x, b.constant(randomTensor(7, [4]))]));
      },
      { prefix: 2, rows: 2, columns: 2 },
    );
    expect(placed).toMatchObject({ kind: "self", isGlobal: true });
    expect([...placed!.cells]).toEqual([-1, -1, 0, 1, 2, 3]);
  });
});
