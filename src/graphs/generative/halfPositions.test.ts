import { expect, it } from "vitest";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, emptyModel } from "../../onnx/messages.ts";
import { familyFiles } from "../../testing/vlmFamilies.ts";
import { halfPositionNotices } from "./halfPositions.ts";

it("is told of places that are found by comparing halves, and of nothing else", async () => {
  const files = await familyFiles("smolvlm");
  expect(halfPositionNotices(await files.graph("vision"))).toEqual([]);
  for (const type of [ELEMENT_TYPE.float32, ELEMENT_TYPE.float16]) {
    const b = new GraphBuilder(emptyModel(17, "places"));
    const bounds = b.addInput("bounds", type, [3, 1]);
    const places = b.addInput("places", type, [1, 4]);
    b.addOutput(b.add("Less", [places, bounds]), ELEMENT_TYPE.bool);
    const told = halfPositionNotices(b.build());
    expect(told).toHaveLength(type === ELEMENT_TYPE.float16 ? 1 : 0);
  }
});
