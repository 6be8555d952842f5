import { readFile } from "node:fs/promises";
import { clearField, create, toBinary } from "@bufbuild/protobuf";
import {
  ModelProtoSchema,
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
} from "onnx-buf";
import { describe, expect, it } from "vitest";
import { LabError, toErrorData } from "../errors/labError.ts";
import { randomStream } from "../numerics/random.ts";
import { floatInput, randomTensor, tinyGraph } from "../testing/tinyGraphs.ts";
import { floatTensor } from "../tensor/tensor.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { checkStructure } from "./check.ts";
import { declaredDims, emptyModel, makeNode, replaceGraph } from "./messages.ts";
import { parseModel, readModel, serializeModel } from "./file.ts";
import type { ModelProto } from "./messages.ts";
import { halfToNumber } from "../tensor/half.ts";
import { numberToHalf } from "./tensorData.ts";

const file = (name: string): Promise<Uint8Array> =>
  readFile(new URL(`../../models/golden/tiny/${name}.onnx`, import.meta.url));

/** What is wrong with a graph; undefined where nothing is. */
function structuralError(model: ModelProto) {
  try {
    checkStructure(model);
    return undefined;
  } catch (error) {
    return toErrorData(error);
  }
}

function refusal(action: () => unknown): LabError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(LabError);
    return error as LabError;
  }
  throw new Error("nothing was refused");
}

describe("parseModel and serializeModel", () => {
  it("keep a model's meaning", async () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [2, 3]);
      b.addOutput(b.add("MatMul", [x, b.constant(randomTensor(1, [3, 2]))], { outputs: ["y"] }));
    });
    const again = parseModel(serializeModel(model));
    const feeds = { x: randomTensor(2, [2, 3]) };
    const [before, after] = [
      await nativeRunner(serializeModel(model), feeds),
      await nativeRunner(serializeModel(again), feeds),
    ];
    expect(after["y"]!.data).toEqual(before["y"]!.data);
  });

  it("refuse what is no model, each with one sentence", async () => {
    const bytes = await file("answer.dynamo");
    const cases: Record<string, Uint8Array> = {
      empty: new Uint8Array(),
      text: Uint8Array.from("not a model at all, sorry", (c) => c.charCodeAt(0)),
      zeros: new Uint8Array(1000),
      truncated: bytes.subarray(0, bytes.length / 2),
      "cut by one byte": bytes.subarray(0, bytes.length - 1),
    };
    for (const [name, content] of Object.entries(cases)) {
      const error = refusal(() => parseModel(content));
      expect(error.code, name).toBe("graph-invalid");
      expect(error.message, name).toMatch(/^[A-Z][^\n]*\.$/);
    }
  });

  it("write sparse weights out in full, whichever way their places are given", async () => {
    const x = randomTensor(2, [2, 3]);
    const dense = floatTensor(Float32Array.of(0, 1.5, 0, 0, -2, 0), [3, 2]);
    const places = { flat: [1n, 4n], tuples: [0n, 1n, 2n, 0n] };
    const multiply = tinyGraph(17, (b) => {
      b.add("MatMul", [floatInput(b, "x", [2, 3]), b.constant(dense, "w")], { outputs: ["y"] });
      b.addOutput("y", 1);
    });
    const expected = await nativeRunner(serializeModel(multiply), { x });
    for (const [form, indices] of Object.entries(places)) {
      const message = replaceGraph(multiply, { initializer: [] });
      message.graph!.sparseInitializer = [
        create(SparseTensorProtoSchema, {
          values: { name: "w", dataType: 1, dims: [2n], floatData: [1.5, -2] },
          indices: {
            dataType: 7,
            dims: form === "flat" ? [2n] : [2n, 2n],
            rawData: new Uint8Array(BigInt64Array.from(indices).buffer),
          },
          dims: [3n, 2n],
        }),
      ];
      const parsed = parseModel(toBinary(ModelProtoSchema, message));
      expect(structuralError(parsed)).toBeUndefined();
      expect(await nativeRunner(serializeModel(parsed), { x })).toEqual(expected);
    }
  });

  it("refuse sparse weights with an entry outside their shape", () => {
    const model = tinyGraph(17, (b) => b.addOutput(floatInput(b, "x", [2])));
    model.graph!.sparseInitializer = [
      create(SparseTensorProtoSchema, {
        values: { name: "w", dataType: 1, dims: [1n], floatData: [1] },
        indices: { dataType: 7, dims: [1n], int64Data: [6n] },
        dims: [3n, 2n],
      }),
    ];
    expect(refusal(() => parseModel(toBinary(ModelProtoSchema, model))).message).toMatch(
      /"w" has an entry outside/,
    );
  });

  it("take a negative dimension for an open one", () => {
    const model = tinyGraph(17, (b) => b.addOutput(floatInput(b, "x", [-1, 3])));
    const [info] = parseModel(serializeModel(model)).graph!.input;
    expect(declaredDims(info!)).toEqual(["?", 3]);
  });

  it("refuse weights kept in another file", () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [2]);
      b.addOutput(b.add("Add", [x, b.constant(randomTensor(1, [2]))]));
    });
    model.graph!.initializer[0]!.dataLocation = 1;
    expect(refusal(() => parseModel(serializeModel(model))).code).toBe("model-unsupported");
  });

  it("take weights from another file beside them, and nothing from outside or past its end", async () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [2]);
      b.addOutput(b.add("Add", [x, b.constant(randomTensor(1, [2]))]));
    });
    const weight = model.graph!.initializer[0]!;
    const { rawData } = weight;
    const file = Uint8Array.from([9, 9, 9, 9, ...rawData]);
    const stored = (location: string): Uint8Array => {
      weight.dataLocation = 1;
      clearField(weight, TensorProtoSchema.field.rawData);
      weight.externalData = Object.entries({ location, offset: "4", length: "8" }).map(
        ([key, value]) => create(StringStringEntryProtoSchema, { key, value }),
      );
      return toBinary(ModelProtoSchema, model);
    };
    const joined = await readModel(stored("w.bin"), async (name) =>
      name === "w.bin" ? file : undefined,
    );
    expect(joined.graph!.initializer[0]!.rawData).toEqual(rawData);
    expect(parseModel(serializeModel(joined)).graph!.initializer[0]!.rawData).toEqual(rawData);
    await expect(readModel(stored("w.bin"), async () => file.subarray(0, 8))).rejects.toThrow(
      /bytes 4 to 12 of w\.bin, which has 8/,
    );
    await expect(readModel(stored("w.bin"), async () => undefined)).rejects.toMatchObject({
      code: "model-unsupported",
    });
    for (const path of ["../w.bin", "/etc/w.bin", "a/../../w.bin", "C:\\w.bin", ""]) {
      await expect(
        readModel(stored(path), async () => file),
        path,
      ).rejects.toMatchObject({
        code: "graph-invalid",
      });
    }
  });

  it("keep values that are listed instead of stored as bytes", async () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [2]);
      b.addOutput(b.add("Add", [x, b.constant(randomTensor(1, [2]))], { outputs: ["y"] }), 1);
    });
    const weight = model.graph!.initializer[0]!;
    clearField(weight, TensorProtoSchema.field.rawData);
    weight.floatData = [10, 20];
    const feeds = { x: floatTensor(Float32Array.of(1, 2), [2]) };
    const { y } = await nativeRunner(serializeModel(model), feeds);
    expect([...(y!.data as Float32Array)]).toEqual([11, 22]);
  });

  it("refuse a tensor whose bytes do not fit its shape", () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [2]);
      b.addOutput(b.add("Add", [x, b.constant(randomTensor(1, [2]))]));
    });
    model.graph!.initializer[0]!.dims = [3n];
    const error = refusal(() => parseModel(serializeModel(model)));
    expect(error.message).toMatch(/needs 12 bytes for its shape but holds 8/);
  });

  it("survive mutated models: usable or one sentence, never another error", async () => {
    const random = randomStream(3, "fuzz");
    const outcomes = { refused: 0, parsed: 0 };
    for (const name of ["answer.dynamo", "answer.torchscript"]) {
      const original = await file(name);
      for (let i = 0; i < 400; i++) {
        const bytes = new Uint8Array(original);
        const edits = 1 + random.integer(8);
        for (let k = 0; k < edits; k++) bytes[random.integer(bytes.length)] = random.integer(256);
        let model: ModelProto;
        try {
          model = parseModel(
            random.chance(0.2) ? bytes.subarray(0, random.integer(bytes.length)) : bytes,
          );
        } catch (error) {
          expect(error).toBeInstanceOf(LabError);
          expect((error as LabError).message).toMatch(/\.$/);
          outcomes.refused++;
          continue;
        }
        outcomes.parsed++;
        const problem = structuralError(model);
        if (problem !== undefined) expect(problem.code).not.toBe("internal");
      }
    }
    expect(outcomes.refused).toBeGreaterThan(50);
    expect(outcomes.parsed).toBeGreaterThan(50);
  });
});

describe("the structure check", () => {
  const graph = (...nodes: [string, string[], string[]][]): ModelProto => {
    const base = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [2]);
      b.add("Neg", [x], { outputs: ["y"] });
      b.addOutput("y", 1);
    });
    return replaceGraph(base, { node: nodes.map(([op, i, o]) => makeNode(op, i, o)) });
  };

  it.each([
    ["a cycle", graph(["Add", ["x", "y"], ["a"]], ["Neg", ["a"], ["y"]]), /cycle through node/],
    ["a value made twice", graph(["Neg", ["x"], ["y"]], ["Abs", ["x"], ["y"]]), /"y".*made twice/],
    ["a missing value", graph(["Add", ["x", "nowhere"], ["y"]]), /"nowhere", which nothing makes/],
    ["a missing output", graph(["Neg", ["x"], ["z"]]), /output "y" is made by no node/],
  ])("names %s", (_name, model, message) => {
    const problem = structuralError(model);
    expect(problem?.code).toBe("graph-invalid");
    expect(problem?.message).toMatch(message);
  });

  it("refuses operator sets that are too old", () => {
    const old = replaceGraph(emptyModel(6, "old"), {
      output: graph().graph!.output,
      input: graph().graph!.input,
      node: [makeNode("Neg", ["x"], ["y"])],
    });
    expect(structuralError(old)?.message).toMatch(/operator set 6; 7 to 24/);
  });

  it("accepts nodes in any order", () => {
    expect(structuralError(graph(["Neg", ["a"], ["y"]], ["Abs", ["x"], ["a"]]))).toBeUndefined();
  });
});

describe("half precision numbers", () => {
  it("convert both ways, exactly where they can", () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = halfToNumber(bits);
      if (!Number.isNaN(value)) expect(numberToHalf(value)).toBe(bits);
    }
  });

  it("round to nearest, ties to even, and overflow to infinity", () => {
    expect(halfToNumber(numberToHalf(1 + 2 ** -11))).toBe(1);
    expect(halfToNumber(numberToHalf(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
    expect(halfToNumber(numberToHalf(65519))).toBe(65504);
    expect(halfToNumber(numberToHalf(65520))).toBe(Infinity);
    expect(halfToNumber(numberToHalf(1e-9))).toBe(0);
    expect(numberToHalf(NaN)).toBe(0x7e00);
  });
});
