import { describe, expect, it } from "vitest";
import { int64Tensor } from "../tensor/tensor.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { checkCase, floatInput, randomTensor, tinyGraph } from "../testing/tinyGraphs.ts";
import type { GraphBuilder } from "./graphBuilder.ts";
import { prepareGraph } from "./inline.ts";
import { serializeModel } from "./file.ts";

const at = (b: GraphBuilder, value: number): string => b.constant(int64Tensor([value], []));
const SHAPE = [3, 4];

/** Each ends in a value of x's shape or any other, to which x itself is added on a path of its own. */
const CASES: Readonly<Record<string, (b: GraphBuilder, x: string) => string>> = {
  "split in equal parts": (b, x) => {
    const pieces = b.add("SplitToSequence", [x, at(b, 2)], { attributes: { axis: { int: 1 } } });
    const [first, last] = [
      b.add("SequenceAt", [pieces, at(b, 0)]),
      b.add("SequenceAt", [pieces, at(b, -1)]),
    ];
    return b.add("Mul", [first, last]);
  },
  "split into single rows without their axis": (b, x) => {
    const rows = b.add("SplitToSequence", [x], {
      attributes: { axis: { int: 0 }, keepdims: { int: 0 } },
    });
    return b.add("Mul", [
      b.add("SequenceAt", [rows, at(b, 0)]),
      b.add("SequenceAt", [rows, at(b, 2)]),
    ]);
  },
  "split in given sizes and joined": (b, x) => {
    const pieces = b.add("SplitToSequence", [b.add("Exp", [x]), b.ints([1, 3])], {
      attributes: { axis: { int: 1 } },
    });
    return b.add("ConcatFromSequence", [pieces], { attributes: { axis: { int: 1 } } });
  },
  "built, edited and stacked": (b, x) => {
    const pair = b.add("SequenceConstruct", [b.add("Sin", [x]), b.add("Cos", [x])]);
    const more = b.add("SequenceInsert", [pair, b.add("Exp", [x]), at(b, 1)]);
    const fewer = b.add("SequenceErase", [more, at(b, 0)]);
    return b.add("ConcatFromSequence", [fewer], {
      attributes: { axis: { int: 0 }, new_axis: { int: 1 } },
    });
  },
  "a chain of splits": (b, x) => {
    const outer = b.add("SplitToSequence", [x, at(b, 2)], { attributes: { axis: { int: 1 } } });
    const half = b.add("SequenceAt", [outer, at(b, 1)]);
    const inner = b.add("SplitToSequence", [half, at(b, 1)], { attributes: { axis: { int: 1 } } });
    return b.add("Mul", [
      b.add("SequenceAt", [inner, at(b, 0)]),
      b.add("SequenceAt", [inner, at(b, 1)]),
    ]);
  },
  "an optional": (b, x) => b.add("OptionalGetElement", [b.add("Optional", [b.add("Exp", [x])])]),
};

describe("sequences of tensors", () => {
  for (const [name, build] of Object.entries(CASES)) {
    it(`${name}: the values and the gradient of the tensors inside`, async () => {
      const model = tinyGraph(17, (b) => {
        const x = floatInput(b, "x", SHAPE);
        b.addOutput(build(b, x), 1);
        b.addOutput(b.add("Tanh", [x]), 1);
      });
      const feeds = { x: randomTensor(2, SHAPE) };
      const prepared = await prepareGraph(model, nativeRunner, { feeds });
      expect(await nativeRunner(serializeModel(prepared.model), feeds)).toEqual(
        await nativeRunner(serializeModel(model), feeds),
      );
      const { checks } = await checkCase({ model: prepared.model, feeds, wrt: ["x"] });
      expect(checks["x"]!.ok).toBe(true);
      expect(checks["x"]!.maxRelativeError).toBeLessThan(0.004);
    });
  }

  it("whose position is only known at run time are refused by name, not left out", async () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", SHAPE);
      const which = b.addInput("which", 7, []);
      const rows = b.add("SplitToSequence", [x, at(b, 1)], { attributes: { axis: { int: 0 } } });
      b.addOutput(b.add("Add", [b.add("SequenceAt", [rows, which]), x]), 1);
    });
    const feeds = { x: randomTensor(2, SHAPE), which: int64Tensor([1], []) };
    const prepared = await prepareGraph(model, nativeRunner, { feeds });
    await expect(checkCase({ model: prepared.model, feeds, wrt: ["x"] })).rejects.toThrow(
      /no gradient rule for the operator SequenceAt/,
    );
  });
});
