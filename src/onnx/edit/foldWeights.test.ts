/** Folding is compared with what ONNX Runtime makes of the graph as it was. */
import { expect, it } from "vitest";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { floatInput, randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import type { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE, makeTensor } from "../messages.ts";
import { serializeModel } from "../file.ts";
import { numberToHalf, protoFromTensor } from "../tensorData.ts";
import { foldWeights } from "./foldWeights.ts";

const integers = (count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (i * 37) % 256);
const positive = (seed: number, shape: readonly number[]) => randomTensor(seed, shape, 0.002, 0.02);

function weight(
  b: GraphBuilder,
  type: number,
  shape: readonly number[],
  bytes: Uint8Array,
  name = "w",
) {
  b.addInitializer(makeTensor(name, type, shape, bytes));
  return name;
}

const FORMS: Readonly<Record<string, (b: GraphBuilder) => string>> = {
  "int8 per channel": (b) =>
    b.add(
      "DequantizeLinear",
      [weight(b, ELEMENT_TYPE.int8, [4, 6], integers(24)), b.constant(positive(1, [4]))],
      { attributes: { axis: { int: 0 } } },
    ),
  "uint8 per tensor with a zero point": (b) =>
    b.add("DequantizeLinear", [
      weight(b, ELEMENT_TYPE.uint8, [4, 6], integers(24)),
      b.float(0.03),
      weight(b, ELEMENT_TYPE.uint8, [], Uint8Array.of(117), "zero"),
    ]),
  "int4 in blocks along the first axis": (b) =>
    b.add(
      "DequantizeLinear",
      [weight(b, ELEMENT_TYPE.int4, [4, 6], integers(12)), b.constant(positive(2, [2, 6]))],
      { attributes: { axis: { int: 0 }, block_size: { int: 2 } } },
    ),
  "uint4 in blocks along the last axis, zero points": (b) =>
    b.add(
      "DequantizeLinear",
      [
        weight(b, ELEMENT_TYPE.uint4, [4, 6], integers(12)),
        b.constant(positive(3, [4, 2])),
        weight(b, ELEMENT_TYPE.uint4, [4, 2], Uint8Array.of(0x21, 0x43, 0x65, 0x87), "zero"),
      ],
      { attributes: { axis: { int: 1 }, block_size: { int: 3 } } },
    ),
  float16: (b) => {
    const data = Uint16Array.from(randomTensor(4, [24]).data, numberToHalf);
    b.addInitializer(protoFromTensor("w", { dtype: "float16", data, shape: [4, 6] }));
    return b.add("Cast", ["w"], { attributes: { to: { int: ELEMENT_TYPE.float32 } } });
  },
};

it.each(Object.keys(FORMS))("%s weights fold to what the runtime makes of them", async (form) => {
  const model = tinyGraph(21, (b) => {
    const x = floatInput(b, "x", [3, 4]);
    const plain = FORMS[form]!(b);
    b.addOutput(b.add("Identity", [plain], { outputs: ["weights"] }), 1);
    b.addOutput(b.add("MatMul", [x, plain], { outputs: ["y"] }), 1);
  });
  const folded = foldWeights(model);
  const ops = folded.graph!.node.map((node) => node.opType);
  expect(ops).not.toContain("DequantizeLinear");
  expect(ops).not.toContain("Cast");
  const feeds = { x: randomTensor(9, [3, 4]) };
  const before = await nativeRunner(serializeModel(model), feeds);
  const after = await nativeRunner(serializeModel(folded), feeds);
  expect(after["weights"]!.data).toEqual(before["weights"]!.data);
  expect(after["weights"]!.data.length).toBe(24);
  // ONNX Runtime may have multiplied in blocks: the last bits may differ.
  const expected = before["y"]!.data as Float32Array;
  (after["y"]!.data as Float32Array).forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 4));
});

it("a model whose plain weights would be too large keeps its small form", () => {
  const model = tinyGraph(21, (b) => {
    const x = floatInput(b, "x", [3, 4]);
    b.addOutput(b.add("MatMul", [x, FORMS["float16"]!(b)]), 1);
  });
  expect(foldWeights(model, 23)).toBe(model);
  expect(foldWeights(model, 24)).not.toBe(model);
});
