import { expect, test } from "vitest";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { floatInput, tinyGraph } from "../../testing/tinyGraphs.ts";
import { serializeModel } from "../file.ts";
import { withTensorOutputs } from "./tensorOutputs.ts";

/** y = x + x, and beside it a list that holds y. */
const beside = (withList: boolean) =>
  tinyGraph(16, (b) => {
    const x = floatInput(b, "x", [2]);
    const y = b.add("Add", [x, x]);
    b.addOutput(y);
    if (withList) b.addOutput(b.add("SequenceConstruct", [y]));
  });

test("a list beside a tensor is left out by name, and what is left runs", async () => {
  const { model, leftOut } = withTensorOutputs(beside(true));
  expect(leftOut).toHaveLength(1);
  const results = await nativeRunner(serializeModel(model), {
    x: { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) },
  });
  expect(Object.values(results).map(({ data }) => Array.from(data as Float32Array))).toEqual([
    [2, 4],
  ]);
});

test("a graph of tensors alone stays the same object", () => {
  const model = beside(false);
  expect(withTensorOutputs(model)).toEqual({ model, leftOut: [] });
  expect(withTensorOutputs(model).model).toBe(model);
});
