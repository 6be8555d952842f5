import { describe, expect, it } from "vitest";
import { floatTensor } from "../../tensor/tensor.ts";
import type { FloatTensor, Tensor } from "../../tensor/tensor.ts";
import { linfNorm, subtract } from "../../tensor/norms.ts";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { checkCase, floatInput, randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import { GraphView } from "../graph.ts";
import { serializeModel } from "../file.ts";
import type { ModelProto } from "../messages.ts";
import { readShapes } from "../shapes.ts";
import { joinGraphs } from "./join.ts";
import { cutGraph } from "./cut.ts";
import { dropoutMask, dropoutMaskName, findDropoutSites, withDropout } from "./dropout.ts";
import { LORA_SCALE_INPUT, withLora } from "./lora.ts";
import { patchInputs, withPatches } from "./patching.ts";

const run = async (
  model: ModelProto,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor>> => nativeRunner(serializeModel(model), feeds);

/** Two blocks with a residual stream: h1 = x + tanh(x W1), y = h1 + tanh(h1 W2) W3. */
const residual = tinyGraph(17, (b) => {
  const x = floatInput(b, "x", [1, 3, 4]);
  const w = (seed: number): string => b.constant(randomTensor(seed, [4, 4]), `w${seed}`);
  const first = b.add("MatMul", [x, w(1)], { outputs: ["branch1"] });
  const h = b.add("Add", [x, b.add("Tanh", [first])], { outputs: ["h1"] });
  const inner = b.add("Tanh", [b.add("MatMul", [h, w(2)], { outputs: ["inner"] })]);
  const second = b.add("MatMul", [inner, w(3)], { outputs: ["branch2"] });
  b.addOutput(b.add("Add", [h, second], { outputs: ["y"] }), 1);
});
const shape = [1, 3, 4];
const [clean, other] = [randomTensor(5, shape), randomTensor(6, shape)];

describe("patching", () => {
  it("with another run's value at the last block gives that run's output", async () => {
    const tapped = cutGraph(residual, ["h1", "y"]);
    const from = await run(tapped, { x: other });
    const model = withPatches(residual, [{ name: "h1", shape }]);
    const patched = await run(model, { x: clean, [patchInputs("h1").value]: from["h1"]! });
    expect(patched["y"]!.data).toEqual(from["y"]!.data);
  });

  it("of one token moves that token alone, and an empty mask moves nothing", async () => {
    const { value, mask } = patchInputs("h1");
    const model = withPatches(residual, [{ name: "h1", shape, maskShape: [1, 3, 1] }]);
    const before = (await run(residual, { x: clean }))["y"]!.data as Float32Array;
    const runWith = async (tokens: number[]): Promise<Float32Array> => {
      const feeds = {
        x: clean,
        [value]: other,
        [mask]: floatTensor(Float32Array.from(tokens), [1, 3, 1]),
      };
      return (await run(model, feeds))["y"]!.data as Float32Array;
    };
    expect(await runWith([0, 0, 0])).toEqual(before);
    const after = await runWith([0, 1, 0]);
    const moved = [0, 1, 2].map((t) =>
      linfNorm(subtract(after, before).subarray(4 * t, 4 * t + 4)),
    );
    expect(moved[0]).toBe(0);
    expect(moved[1]).toBeGreaterThan(0.01);
    expect(moved[2]).toBe(0);
  });
});

describe("dropout", () => {
  it("finds what blocks add to the residual stream", async () => {
    const shapes = await readShapes(residual, nativeRunner);
    const sites = findDropoutSites(new GraphView(residual), shapes, "residual");
    expect(sites.map((site) => site.name)).toEqual(["branch2"]);
  });

  it("is the identity for masks of ones, and drops whole branches for zeros", async () => {
    const site = { name: "branch2", shape };
    const model = withDropout(residual, [site]);
    const mask = dropoutMaskName("branch2");
    const tapped = await run(cutGraph(residual, ["h1", "y"]), { x: clean });
    const full = (value: number): FloatTensor =>
      floatTensor(new Float32Array(12).fill(value), shape);
    expect((await run(model, { x: clean, [mask]: full(1) }))["y"]!.data).toEqual(tapped["y"]!.data);
    expect((await run(model, { x: clean, [mask]: full(0) }))["y"]!.data).toEqual(
      tapped["h1"]!.data,
    );
  });

  it("masks are reproducible, differ by sample, and keep the mean", () => {
    const site = { name: "a", shape: [200, 200] };
    const mask = dropoutMask(site, 0.3, 1, 0);
    expect(dropoutMask(site, 0.3, 1, 0).data).toEqual(mask.data);
    expect(dropoutMask(site, 0.3, 1, 1).data).not.toEqual(mask.data);
    const mean = mask.data.reduce((a, b) => a + b, 0) / mask.data.length;
    // Standard error of the mean: sqrt(0.3 / 0.7 / 40000) = 0.0033.
    expect(Math.abs(mean - 1)).toBeLessThan(0.015);
    expect(() => dropoutMask(site, 1, 1, 0)).toThrow(/not in \[0, 1\)/);
  });
});

describe("LoRA", () => {
  const x = randomTensor(1, [1, 3, 8]);
  const [rank, gain] = [2, 1.5];
  const [weight, joint] = [randomTensor(2, [8, 8]), randomTensor(3, [8, 16])];
  const factors = (seed: number) => ({
    down: randomTensor(seed, [rank, 8]),
    up: randomTensor(seed + 1, [8, rank]),
  });
  /** One self-attention of two heads on a stream; keys and values of one layer. */
  const layer = (query: FloatTensor, keyValue: FloatTensor): ModelProto =>
    tinyGraph(21, (b) => {
      const stream = b.add("Tanh", [floatInput(b, "x", [1, 3, 8])]);
      const linear = (input: string, w: FloatTensor, seed: number) =>
        b.add("Add", [
          b.add("MatMul", [input, b.constant(w, `w${seed}`)]),
          b.constant(randomTensor(seed, [w.shape[1]!]), `b${seed}`),
        ]);
      const heads = (value: string, perm: readonly number[]) =>
        b.add("Transpose", [b.reshape(value, [1, 3, 2, 4])], {
          attributes: { perm: { ints: perm } },
        });
      const [k, v] = b.addMany("Split", [linear(stream, keyValue, 11)], {
        outputs: 2,
        attributes: { axis: { int: -1 }, num_outputs: { int: 2 } },
      });
      const q = b.add("Mul", [heads(linear(stream, query, 12), [0, 2, 1, 3]), b.float(0.5)]);
      const scores = b.add("MatMul", [q, heads(k!, [0, 2, 3, 1])]);
      const map = b.add("Softmax", [scores], { attributes: { axis: { int: -1 } } });
      const mixed = b.add("MatMul", [map, heads(v!, [0, 2, 1, 3])]);
      const joined = b.add("Transpose", [mixed], { attributes: { perm: { ints: [0, 2, 1, 3] } } });
      const branch = linear(b.reshape(joined, [1, 3, 8]), randomTensor(4, [8, 8]), 13);
      b.addOutput(b.add("Add", [stream, branch], { outputs: ["y"] }), 1);
    });
  /** W + scale * gain * (B A)^T in the columns from `first` on, by hand. */
  const merged = (w: FloatTensor, { down, up }: ReturnType<typeof factors>, at: number[]) => {
    const [first = 0, scale = 1] = at;
    const width = w.shape[1]!;
    const data = w.data.slice();
    for (let i = 0; i < 8; i++) {
      for (let o = 0; o < 8; o++) {
        let sum = 0;
        for (let r = 0; r < rank; r++) sum += up.data[o * rank + r]! * down.data[r * 8 + i]!;
        data[i * width + first + o]! += scale * gain * sum;
      }
    }
    return floatTensor(data, w.shape);
  };
  const place = { block: "attention", index: 0, gain } as const;
  const [query, value] = [factors(21), factors(31)];
  const adapters = [
    { ...place, role: "query", ...query } as const,
    { ...place, role: "value", ...value } as const,
  ];
  const plain = layer(weight, joint);
  const shapesOf = (model: ModelProto) =>
    readShapes(model, nativeRunner, { shapes: { x: [1, 3, 8] } });

  it("gives what weights with the product merged into them give; a value's half of a joint layer alone", async () => {
    const model = withLora(plain, adapters, await shapesOf(plain));
    for (const scale of [0.7, -1]) {
      const byHand = layer(merged(weight, query, [0, scale]), merged(joint, value, [8, scale]));
      const expected = (await run(byHand, { x }))["y"]!.data as Float32Array;
      const feeds = { x, [LORA_SCALE_INPUT]: floatTensor(Float32Array.of(scale), []) };
      const got = (await run(model, feeds))["y"]!.data as Float32Array;
      expect(linfNorm(subtract(got, expected))).toBeLessThan(2e-5);
    }
    const off = await run(model, { x, [LORA_SCALE_INPUT]: floatTensor(Float32Array.of(0), []) });
    expect(off["y"]!.data).toEqual((await run(plain, { x }))["y"]!.data);
  });

  it("passes the gradient through the path beside the weights", async () => {
    const model = withLora(plain, adapters, await shapesOf(plain));
    const feeds = { x, [LORA_SCALE_INPUT]: floatTensor(Float32Array.of(0.7), []) };
    const { checks } = await checkCase({ model, feeds, wrt: ["x"] });
    expect(checks["x"]).toMatchObject({ ok: true });
  });

  it("refuses adapters that do not fit, and places that are not there", async () => {
    const table = await shapesOf(plain);
    const narrow = { ...adapters[0]!, down: randomTensor(3, [rank, 5]) };
    expect(() => withLora(plain, [narrow], table)).toThrow(/does not fit the projection/);
    const deeper = { ...adapters[0]!, index: 3 };
    expect(() => withLora(plain, [deeper], table)).toThrow("no query of self-attention 4");
  });
});

describe("cutting and composing", () => {
  it("a graph cut in two and joined again is the same graph", async () => {
    const front = cutGraph(residual, ["h1"]);
    const back = cutGraph(residual, ["y"], [{ name: "h1", dims: shape }]);
    expect(back.graph!.input.map((info) => info.name)).toEqual(["h1"]);
    const { model: joined } = joinGraphs(front, back, { h1: "h1" });
    expect((await run(joined, { x: clean }))["y"]!.data).toEqual(
      (await run(residual, { x: clean }))["y"]!.data,
    );
  });

  it("clashing names are kept apart", async () => {
    const { model: joined } = joinGraphs(residual, residual, { x: "y" });
    const once = await run(residual, { x: clean });
    const twice = await run(residual, { x: once["y"]! });
    const results = await run(joined, { x: clean });
    expect(results["y"]!.data).toEqual(once["y"]!.data);
    expect(results["head/y"]!.data).toEqual(twice["y"]!.data);
    const { checks } = await checkCase({ model: joined, feeds: { x: clean }, wrt: ["x"] });
    expect(checks["x"]!.maxRelativeError).toBeLessThan(0.004);
  });

  it("graphs of different operator sets are refused", () => {
    const newer = tinyGraph(20, (b) => b.addOutput(b.add("Neg", [floatInput(b, "a", [1])])));
    expect(() => joinGraphs(residual, newer, { a: "y" })).toThrow(
      /operator set 17 and the head 20/,
    );
  });
});
