import { create } from "@bufbuild/protobuf";
import { FunctionProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { LabError } from "../errors/labError.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { checkCase, randomTensor, tinyGraph } from "../testing/tinyGraphs.ts";
import { parseModel } from "./file.ts";
import type { GraphRunner } from "./graph.ts";
import { inlineFunctions, prepareGraph } from "./inline.ts";
import { ELEMENT_TYPE, makeNode, replaceGraph } from "./messages.ts";
import type { GraphProto, ModelProto } from "./messages.ts";
import { fixInputShapes, readShapes } from "./shapes.ts";
import { numbersOf } from "./tensorData.ts";

/** [B, T, 6] flattened by shape arithmetic, as exporters with dynamic axes write it. */
const dynamic = tinyGraph(17, (b) => {
  const x = b.addInput("x", ELEMENT_TYPE.float32, ["B", "T", 6]);
  const shape = b.add("Shape", [x]);
  const batch = b.add("Gather", [shape, b.ints([0])]);
  b.add("Concat", [batch, b.ints([-1])], { outputs: ["target"], attributes: { axis: { int: 0 } } });
  b.add("Reshape", [x, "target"], { outputs: ["flat"] });
  b.addMany("MaxPool", [x], {
    outputs: ["pooled", ""],
    attributes: { kernel_shape: { ints: [2] } },
  });
  b.add("Gather", [shape, b.int(1)], { outputs: ["length"] });
  b.addOutput("flat", ELEMENT_TYPE.float32, ["B", "N"]);
  b.addOutput("pooled");
  b.addOutput("length");
});

describe("readShapes", () => {
  it("tells every shape, type and steering value", async () => {
    const table = await readShapes(dynamic, nativeRunner, { shapes: { x: [2, 5, 6] } });
    expect(table.shapes.get("flat")).toEqual([2, 30]);
    expect(table.shapes.get("pooled")).toEqual([2, 5, 5]);
    expect(table.shapes.get("length")).toEqual([]);
    expect(table.types.get("target")).toBe(ELEMENT_TYPE.int64);
    expect(numbersOf(table.values.get("target")!)).toEqual([2, -1]);
    expect(table.values.has("flat")).toBe(false);
  });

  it("computes node by node where a shape needs contents, the first value asked about last", async () => {
    const sparse = tinyGraph(17, (b) => {
      const x = b.addInput("x", ELEMENT_TYPE.float32, ["N"]);
      b.add("NonZero", [b.add("Relu", [x], { outputs: ["positive"] })], { outputs: ["where"] });
      b.addOutput("where", ELEMENT_TYPE.int64);
    });
    const asked: string[][] = [];
    const asWritten: GraphRunner = (bytes, feeds, outputs) => {
      const { node } = parseModel(bytes).graph!;
      asked.push(node.flatMap(({ opType, input }) => (opType === "Shape" ? input : [])));
      return nativeRunner(bytes, feeds, outputs);
    };
    const folding = Object.assign((...given: Parameters<GraphRunner>) => nativeRunner(...given), {
      asWritten,
    });
    const x: Tensor = { dtype: "float32", shape: [3], data: Float32Array.of(1, 0, 2) };
    const table = await readShapes(sparse, folding, { feeds: { x } });
    expect(table.shapes.get("where")).toEqual([1, 2]);
    expect(asked).toEqual([["where", "positive", "x"]]);
    await readShapes(dynamic, folding, { shapes: { x: [2, 5, 6] } });
    expect(asked).toHaveLength(1);
  });

  it("refuses open shapes and shapes that contradict the file", async () => {
    await expect(readShapes(dynamic, nativeRunner)).rejects.toThrow(/open shape \[B, T, 6\]/);
    expect(() => fixInputShapes(dynamic, { x: [1, 2, 7] })).toThrow(LabError);
    expect(() => fixInputShapes(dynamic, { nothing: [1] })).toThrow(/no input named "nothing"/);
  });
});

/** If(x has three rows) then 2x else -x, with a doubly nested capture of x. */
function conditional(): ModelProto {
  const branch = (factor: number): GraphProto => {
    const model = tinyGraph(17, (b) => {
      b.add("Mul", ["x", b.float(factor)], { outputs: ["out"] });
      b.addOutput("out", ELEMENT_TYPE.float32);
    });
    return model.graph!;
  };
  return tinyGraph(17, (b) => {
    const x = b.addInput("x", ELEMENT_TYPE.float32, ["N", 2]);
    const rows = b.add("Gather", [b.add("Shape", [x]), b.int(0)]);
    const three = b.add("Equal", [rows, b.int(3)]);
    b.add("If", [three], {
      outputs: ["chosen"],
      attributes: { then_branch: { graph: branch(2) }, else_branch: { graph: branch(-1) } },
    });
    b.add("Exp", ["chosen"], { outputs: ["y"] });
    b.addOutput("y");
  });
}

describe("prepareGraph", () => {
  it.each([
    [3, 2],
    [4, -1],
  ])("takes the branch that %i rows choose, and differentiates it", async (rows, factor) => {
    const x = randomTensor(1, [rows, 2], 0.3);
    const { model, shapes } = await prepareGraph(conditional(), nativeRunner, { feeds: { x } });
    expect(model.graph!.node.map((node) => node.opType)).not.toContain("If");
    expect(shapes.shapes.get("y")).toEqual([rows, 2]);
    const { checks, gradients } = await checkCase({ model, feeds: { x }, wrt: ["x"] });
    expect(checks["x"]!.maxRelativeError).toBeLessThan(0.004);
    const cotangent = randomTensor(7, [rows, 2]).data;
    gradients["x"]!.forEach((g, i) => {
      expect(g).toBeCloseTo(cotangent[i]! * factor * Math.exp(factor * x.data[i]!), 4);
    });
  });

  it("inlines local functions with their attributes", async () => {
    const called = tinyGraph(17, (b) => {
      const x = b.addInput("x", ELEMENT_TYPE.float32, [2, 3]);
      const once = b.add("Twice", [x], { domain: "local" });
      b.add("Twice", [once], { domain: "local", outputs: ["y"] });
      b.addOutput("y", ELEMENT_TYPE.float32);
    });
    const model = replaceGraph(called, {});
    model.functions = [
      create(FunctionProtoSchema, {
        name: "Twice",
        domain: "local",
        input: ["a"],
        output: ["b"],
        node: [makeNode("Tanh", ["a"], ["t"]), makeNode("Add", ["t", "t"], ["b"])],
        opsetImport: model.opsetImport,
      }),
    ];
    const flat = inlineFunctions(model);
    expect(flat.graph!.node.map((node) => node.opType)).toEqual(["Tanh", "Add", "Tanh", "Add"]);
    const { checks } = await checkCase({
      model: flat,
      feeds: { x: randomTensor(1, [2, 3]) },
      wrt: ["x"],
    });
    expect(checks["x"]!.maxRelativeError).toBeLessThan(0.004);
  });
});
