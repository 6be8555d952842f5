/** What a folder is said to take, and what is refused before the runtime is asked for it. */
import { expect, it } from "vitest";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, emptyModel } from "../../onnx/messages.ts";
import { vlmFiles, vlmSource } from "../../testing/vlmFolders.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import {
  heldBytes,
  isRecomputed,
  keptBytes,
  requireGradientRoom,
  TAB_BYTES,
} from "../tabMemory.ts";
import { packedBytes, weightBytes } from "../mergedLinks.ts";
import { probeRunner } from "../runners.ts";
import { cacheBytes, requireAnswerRoom } from "./folderMemory.ts";
import { buildFolder } from "./ownFolder.ts";
import { proposalOf } from "./ownFolders.ts";

it("counts weights, values and the keys and values of the longest text", async () => {
  const source = await vlmSource("llava");
  const built = await buildFolder(source, {}, probeRunner(nodeSessions(1)));
  const { memory } = proposalOf(built, source.names);
  const { config } = await vlmFiles("llava");
  const text = config["text_config"] as Readonly<Record<string, number>>;
  const width = text["head_dim"] ?? text["hidden_size"]! / text["num_attention_heads"]!;
  // A key and a value of float32 for each layer, head and token.
  const perToken = 2 * 4 * text["num_hidden_layers"]! * text["num_key_value_heads"]! * width;
  expect(memory.cache.bytes).toBe(perToken * memory.cache.tokens);
  expect(memory.cache.tokens).toBe(built.sides.answer.sequence!.length + 256);
  const decoder = built.graphs.decoder!.model;
  expect(cacheBytes(decoder, { tokens: 2, image: 9 })).toBe(2 * perToken);
  const { model, shapes } = built.sides.picture;
  expect(memory.gradient - memory.answer).toBeGreaterThan(keptBytes(model, shapes));
});

it("refuses in one sentence, with what to do, what a tab cannot hold; the native runtime is not asked", () => {
  const more = TAB_BYTES + 1;
  expect(() => requireGradientRoom(TAB_BYTES, "wasm")).not.toThrow();
  expect(() => requireGradientRoom(more, "native")).not.toThrow();
  expect(() => requireGradientRoom(5 * 2 ** 30, "webgpu")).toThrow(
    "This model with its gradient takes about 5.0 GB, and a tab holds about 3.5 GB.",
  );
  const memory = { gradient: 0, text: 0, cache: { tokens: 0, bytes: 0 }, most: TAB_BYTES };
  expect(() => requireAnswerRoom({ ...memory, answer: TAB_BYTES })).not.toThrow();
  expect(() => requireAnswerRoom({ ...memory, answer: more })).toThrow(
    "in one graph and about 3.5 GB in all.",
  );
});

it("counts of a run's values those that the way back reads", () => {
  const b = new GraphBuilder(emptyModel(17, "kept"));
  const x = b.addInput("x", ELEMENT_TYPE.float32, [1, 4]);
  const weighed = b.add("MatMul", [x, b.constant(floatTensor(new Float32Array(16), [4, 4]))]);
  const shares = b.add("Softmax", [weighed]);
  const product = b.add("Mul", [shares, x]);
  const shifted = b.add("Add", [product, b.float(1)]);
  b.addOutput(shifted, ELEMENT_TYPE.float32);
  const all = [x, weighed, shares, product, shifted];
  const table = {
    shapes: new Map(all.map((name) => [name, [1, 4]])),
    types: new Map(all.map((name) => [name, ELEMENT_TYPE.float32])),
    values: new Map(),
  };
  // The softmax by its result, and both factors of the product.
  expect(keptBytes(b.build(), table)).toBe(2 * 4 * 4);
});

it("counts apart the weights that are computed with in a wider form", async () => {
  const whole = await (await vlmFiles("llava")).graph("decoder");
  const packed = await (await vlmFiles("llava", "q4")).graph("decoder");
  expect(packedBytes(whole)).toBe(0);
  expect(packedBytes(packed)).toBeGreaterThan(0);
  expect(packedBytes(packed)).toBeLessThan(weightBytes(packed));
});

it("counts one block of values where they are computed twice, and all of them where they are few", () => {
  const b = new GraphBuilder(emptyModel(17, "blocks"));
  let x = b.addInput("x", ELEMENT_TYPE.float32, [1, 8]);
  const all = [x];
  for (let k = 0; k < 16; k++) {
    const [tanh, other] = [b.add("Tanh", [x]), b.add("Sigmoid", [x])];
    x = b.add("Mul", [tanh, other]);
    all.push(tanh, other, x);
  }
  b.addOutput(x, ELEMENT_TYPE.float32);
  const model = b.build();
  const tableOf = (side: number) => ({
    shapes: new Map(all.map((name) => [name, [side, side]])),
    types: new Map(all.map((name) => [name, ELEMENT_TYPE.float32])),
    values: new Map(),
  });
  const [large, small] = [tableOf(2048), tableOf(64)];
  expect(isRecomputed(model, large)).toBe(true);
  // Of 32 values of 16 MB, those of some blocks of two, and what stands between the blocks.
  expect(keptBytes(model, large)).toBe(32 * 2 ** 24);
  expect(heldBytes(model, large)).toBeLessThan(16 * 2 ** 24);
  expect(isRecomputed(model, small)).toBe(false);
  expect(heldBytes(model, small)).toBe(keptBytes(model, small));
});
