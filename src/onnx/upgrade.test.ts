/** Older operator sets: both forms of a model are run and compared bit by bit, then the new one is differentiated. */
import { describe, expect, it } from "vitest";
import { LabError } from "../errors/labError.ts";
import { floatTensor } from "../tensor/tensor.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { checkCase, floatInput, randomTensor, tinyGraph } from "../testing/tinyGraphs.ts";
import { differentiate } from "./grad/differentiate.ts";
import type { GraphBuilder } from "./graphBuilder.ts";
import { prepareGraph } from "./inline.ts";
import { serializeModel } from "./file.ts";
import type { Attributes, ModelProto } from "./messages.ts";
import { readShapes } from "./shapes.ts";

interface OldForm {
  readonly note: string;
  readonly opset: number;
  readonly op: string;
  readonly shape: readonly number[];
  readonly attributes?: Attributes;
  readonly more?: (b: GraphBuilder) => string[];
  readonly outputs?: number;
}

const numbers = (b: GraphBuilder, ...values: number[]): string =>
  b.constant(floatTensor(Float32Array.from(values), [values.length]));

const FORMS: readonly OldForm[] = [
  {
    note: "both bounds",
    opset: 10,
    op: "Clip",
    shape: [2, 3],
    attributes: { min: { float: -0.3 }, max: { float: 0.4 } },
  },
  { note: "one bound", opset: 7, op: "Clip", shape: [2, 3], attributes: { max: { float: 0.1 } } },
  {
    note: "axes and bounds as attributes",
    opset: 9,
    op: "Slice",
    shape: [3, 5],
    attributes: { starts: { ints: [1] }, ends: { ints: [-1] }, axes: { ints: [1] } },
  },
  {
    note: "constant",
    opset: 9,
    op: "Pad",
    shape: [2, 3],
    attributes: { pads: { ints: [0, 1, 1, 2] }, value: { float: 0.7 } },
  },
  {
    note: "reflect",
    opset: 9,
    op: "Pad",
    shape: [4, 4],
    attributes: { pads: { ints: [1, 1, 2, 0] }, mode: { string: "reflect" } },
  },
  { note: "default axis of three", opset: 11, op: "Softmax", shape: [2, 3, 4] },
  {
    note: "last axis",
    opset: 12,
    op: "Softmax",
    shape: [2, 3, 4],
    attributes: { axis: { int: 2 } },
  },
  {
    note: "everything one row",
    opset: 9,
    op: "LogSoftmax",
    shape: [2, 3, 4],
    attributes: { axis: { int: 0 } },
  },
  {
    note: "axes",
    opset: 12,
    op: "ReduceSum",
    shape: [2, 3, 4],
    attributes: { axes: { ints: [1] }, keepdims: { int: 0 } },
  },
  {
    note: "no axes",
    opset: 11,
    op: "ReduceSum",
    shape: [2, 3],
    attributes: { keepdims: { int: 0 } },
  },
  { note: "axes", opset: 11, op: "Squeeze", shape: [2, 1, 3], attributes: { axes: { ints: [1] } } },
  {
    note: "axes",
    opset: 11,
    op: "Unsqueeze",
    shape: [2, 3],
    attributes: { axes: { ints: [0, 3] } },
  },
  {
    note: "sizes",
    opset: 12,
    op: "Split",
    shape: [2, 5],
    attributes: { axis: { int: 1 }, split: { ints: [2, 3] } },
    outputs: 2,
  },
  {
    note: "equal parts",
    opset: 9,
    op: "Split",
    shape: [4, 2],
    attributes: { axis: { int: 0 } },
    outputs: 2,
  },
  { note: "k", opset: 9, op: "TopK", shape: [3, 5], attributes: { k: { int: 2 } }, outputs: 2 },
  { note: "ratio", opset: 10, op: "Dropout", shape: [2, 3], attributes: { ratio: { float: 0.3 } } },
  {
    note: "grows",
    opset: 10,
    op: "Resize",
    shape: [1, 1, 3, 5],
    attributes: { mode: { string: "nearest" } },
    more: (b) => [numbers(b, 1, 1, 1.7, 2.3)],
  },
  {
    note: "shrinks",
    opset: 10,
    op: "Resize",
    shape: [1, 1, 7, 5],
    attributes: { mode: { string: "nearest" } },
    more: (b) => [numbers(b, 1, 1, 0.6, 0.7)],
  },
  {
    note: "linear",
    opset: 10,
    op: "Resize",
    shape: [1, 1, 4, 5],
    attributes: { mode: { string: "linear" } },
    more: (b) => [numbers(b, 1, 1, 1.5, 0.8)],
  },
  {
    note: "scales as input",
    opset: 9,
    op: "Upsample",
    shape: [1, 2, 2, 3],
    more: (b) => [numbers(b, 1, 1, 2, 3)],
  },
  {
    note: "scales as attribute",
    opset: 7,
    op: "Upsample",
    shape: [1, 1, 3, 3],
    attributes: { mode: { string: "linear" }, scales: { floats: [1, 1, 2, 2] } },
  },
  {
    note: "spatial",
    opset: 7,
    op: "BatchNormalization",
    shape: [2, 3, 2, 2],
    attributes: { spatial: { int: 1 } },
    more: (b) => [
      numbers(b, 1, 2, 3),
      numbers(b, 0, 1, 2),
      numbers(b, 0.1, 0.2, 0.3),
      numbers(b, 1, 2, 0.5),
    ],
  },
  {
    note: "indices that repeat, before scattering could add",
    opset: 15,
    op: "GatherElements",
    shape: [2, 3],
    attributes: { axis: { int: 1 } },
    more: (b) => [
      b.constant({ dtype: "int64", data: BigInt64Array.of(0n, 0n, 2n, 1n, 1n, 1n), shape: [2, 3] }),
    ],
  },
  {
    note: "before it could add",
    opset: 9,
    op: "Scatter",
    shape: [3, 3],
    more: (b) => [
      b.constant({ dtype: "int64", data: BigInt64Array.of(1n, 0n), shape: [1, 2] }),
      b.constant(randomTensor(3, [1, 2])),
    ],
  },
];

function modelOf({ opset, op, shape, attributes, more, outputs = 1 }: OldForm): ModelProto {
  return tinyGraph(opset, (b) => {
    // Twice the input first: the operator's own input is then no graph input.
    const x = floatInput(b, "x", shape);
    const twice = b.add("Add", [x, x]);
    const made = b.addMany(op, [twice, ...(more?.(b) ?? [])], {
      outputs,
      ...(attributes === undefined ? {} : { attributes }),
    });
    for (const name of made) b.addOutput(name);
  });
}

describe("models of older operator sets", () => {
  for (const form of FORMS) {
    it(`${form.op} of set ${form.opset}, ${form.note}: the same bits, and the right gradient`, async () => {
      const model = modelOf(form);
      const feeds = { x: randomTensor(4, form.shape) };
      const prepared = await prepareGraph(model, nativeRunner, { feeds });
      const version = prepared.model.opsetImport.find(({ domain }) => domain === "")?.version;
      expect(version).toBe(16n);
      const before = await nativeRunner(serializeModel(model), feeds);
      const after = await nativeRunner(serializeModel(prepared.model), feeds);
      expect(after).toEqual(before);
      const { checks, gradients } = await checkCase({ model: prepared.model, feeds, wrt: ["x"] });
      expect(checks["x"]!.ok).toBe(true);
      expect(checks["x"]!.maxRelativeError).toBeLessThan(0.004);
      expect(gradients["x"]!.some((g) => g !== 0)).toBe(true);
    });
  }

  it.each([7, 10, 11])(
    "refuse a Dropout of set %d whose mask is read: the runtime's masks differ",
    async (opset) => {
      const dropped = (readsMask: boolean) =>
        tinyGraph(opset, (b) => {
          const input = floatInput(b, "x", [2, 3]);
          const [y = "", mask = ""] = b.addMany("Dropout", [b.add("Add", [input, input])], {
            outputs: 2,
          });
          b.addOutput(y);
          if (readsMask) b.addOutput(mask);
        });
      const feeds = { x: randomTensor(1, [2, 3]) };
      const { model } = await prepareGraph(dropped(false), nativeRunner, { feeds });
      const { checks } = await checkCase({ model, feeds, wrt: ["x"] });
      expect(checks["x"]!.ok).toBe(true);
      await expect(prepareGraph(dropped(true), nativeRunner, { feeds })).rejects.toMatchObject({
        code: "model-unsupported",
        message: expect.stringContaining("node Dropout"),
      });
    },
  );

  it("refuse an operator whose newer form is not known, by name", async () => {
    const model = tinyGraph(10, (b) => {
      const x = floatInput(b, "x", [1, 1, 4, 4]);
      // Grows one way and shrinks the other: set 10 rounds each its own way.
      const scales = numbers(b, 1, 1, 2, 0.5);
      b.addOutput(b.add("Resize", [x, scales], { attributes: { mode: { string: "nearest" } } }));
    });
    await expect(
      prepareGraph(model, nativeRunner, { feeds: { x: randomTensor(1, [1, 1, 4, 4]) } }),
    ).rejects.toMatchObject({
      code: "model-unsupported",
      message: expect.stringMatching(/operator set 10, and node Resize "Resize_node"/),
    });
  });

  it("are refused by differentiation as they are", async () => {
    const model = tinyGraph(9, (b) => {
      b.add("ReduceSum", [floatInput(b, "x", [3])], {
        attributes: { keepdims: { int: 0 } },
        outputs: ["loss"],
      });
      b.addOutput("loss");
    });
    const shapes = await readShapes(model, nativeRunner);
    expect(() =>
      differentiate(model, { loss: "loss", wrt: ["x"], shapes, target: "wasm" }),
    ).toThrow(LabError);
  });
});
