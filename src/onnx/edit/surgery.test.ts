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
