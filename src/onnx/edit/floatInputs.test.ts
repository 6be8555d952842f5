import { expect, it } from "vitest";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { floatInput, randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import { ELEMENT_TYPE, elementTypeOf } from "../messages.ts";
import { serializeModel } from "../file.ts";
import { withFloat32Inputs } from "./floatInputs.ts";

it("half-precision inputs are declared float32 and rounded inside", async () => {
  const model = tinyGraph(17, (b) => {
    const x = b.addInput("x", ELEMENT_TYPE.float16, [3]);
    const widened = b.add("Cast", [x], { attributes: { to: { int: ELEMENT_TYPE.float32 } } });
    b.addOutput(b.add("Identity", [widened], { outputs: ["y"] }), ELEMENT_TYPE.float32);
  });
  const wide = withFloat32Inputs(model);
  expect(elementTypeOf(wide.graph!.input[0]!)).toBe(ELEMENT_TYPE.float32);
  const x = { dtype: "float32", data: Float32Array.of(0.1, 1, 2049), shape: [3] } as const;
  const { y } = await nativeRunner(serializeModel(wide), { x });
  // IEEE binary16: 0.1 is 0x2e66, and whole numbers past 2048 are even.
  expect([...(y!.data as Float32Array)]).toEqual([0.0999755859375, 1, 2048]);
});

it("a model without any is left as it is", () => {
  const model = tinyGraph(17, (b) => {
    const x = floatInput(b, "x", [2]);
    b.addOutput(b.add("Add", [x, b.constant(randomTensor(1, [2]))]));
  });
  expect(withFloat32Inputs(model)).toBe(model);
});
