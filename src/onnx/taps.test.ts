import { describe, expect, it } from "vitest";
import { LabError } from "../errors/labError.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { floatInput, randomTensor, tinyGraph } from "../testing/tinyGraphs.ts";
import { GraphView } from "./graph.ts";
import { printGraph } from "./print.ts";
import { serializeModel } from "./file.ts";
import { readShapes } from "./shapes.ts";
import { findAttentionTaps, tokenGrid, withTaps } from "./taps.ts";

/** Attention over three tokens, a softmax over classes, and a gate: only the first is a map. */
const model = tinyGraph(17, (b) => {
  const x = floatInput(b, "x", [1, 3, 4]);
  const w = (seed: number): string => b.constant(randomTensor(seed, [4, 4]));
  const [q, k, v] = [1, 2, 3].map((seed) => b.add("MatMul", [x, w(seed)])) as [
    string,
    string,
    string,
  ];
  const turned = b.add("Transpose", [k], { attributes: { perm: { ints: [0, 2, 1] } } });
  b.add("Softmax", [b.add("MatMul", [q, turned])], { outputs: ["map"] });
  const dropped = b.add("Dropout", ["map"]);
  const y = b.add("MatMul", [dropped, v]);
  b.add("Softmax", [y], { outputs: ["classes"] });
  b.addOutput(b.add("MatMul", ["classes", w(4)], { outputs: ["y"] }));
});

describe("findAttentionTaps", () => {
  it("finds softmaxes that weigh values, through dropout, and nothing else", async () => {
    const shapes = await readShapes(model, nativeRunner);
    const taps = findAttentionTaps(new GraphView(model), shapes);
    expect(taps).toMatchObject([
      { name: "map", kind: "self", heads: 1, layer: 0, shape: [1, 3, 3] },
    ]);
  });

  it("taps give rows that sum to one and change no output", async () => {
    const feeds = { x: randomTensor(9, [1, 3, 4]) };
    const plain = await nativeRunner(serializeModel(model), feeds);
    const tapped = await nativeRunner(serializeModel(withTaps(model, ["map"])), feeds);
    expect(tapped["y"]!.data).toEqual(plain["y"]!.data);
    const map = tapped["map"]!.data as Float32Array;
    for (let row = 0; row < 3; row++) {
      expect(map[3 * row]! + map[3 * row + 1]! + map[3 * row + 2]!).toBeCloseTo(1, 6);
    }
  });

  it.each([
    ["com.microsoft", "MultiHeadAttention"],
    ["com.microsoft", "GroupQueryAttention"],
    ["", "Attention"],
  ])("refuses the fused operator %s %s by name, with the remedy", (domain, op) => {
    const fused = tinyGraph(23, (b) => {
      const x = floatInput(b, "x", [1, 3, 4]);
      b.addOutput(b.add(op, [x, x, x], { domain }));
    });
    let error: unknown;
    try {
      findAttentionTaps(new GraphView(fused));
    } catch (caught) {
      error = caught;
    }
    expect((error as LabError).code).toBe("graph-fused-attention");
    expect((error as LabError).message).toContain(op);
    expect((error as LabError).hint).toContain("eager");
  });
});

it("printGraph shows every node as text", async () => {
  const shapes = await readShapes(model, nativeRunner);
  const text = printGraph(model, shapes);
  expect(text).toContain('graph "tiny" (ai.onnx 17)');
  expect(text).toContain("input x: float32[1, 3, 4]");
  expect(text).toMatch(/Transpose_out\[1,4,3\] = Transpose\(MatMul_out_\d+\) \{perm=\[0, 2, 1\]\}/);
  expect(text.split("\n").filter((line) => line.includes("Softmax("))).toHaveLength(2);
});

it.each([
  [256, 1, { prefix: 0, rows: 16, columns: 16 }],
  [197, 1, { prefix: 1, rows: 14, columns: 14 }],
  [198, 1, { prefix: 2, rows: 14, columns: 14 }],
  [261, 1, { prefix: 5, rows: 16, columns: 16 }],
  [201, 0.5, { prefix: 1, rows: 10, columns: 20 }],
  [3, 1, undefined],
])("%i tokens at aspect %f lie on the grid %o", (tokens, aspect, grid) => {
  expect(tokenGrid(tokens, aspect)).toEqual(grid);
});
