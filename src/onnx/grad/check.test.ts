import { describe, expect, it } from "vitest";
import { floatTensor } from "../../tensor/tensor.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import { randomTensor } from "../../testing/tinyGraphs.ts";
import { checkGradient } from "./check.ts";

const x = randomTensor(1, [50], 0.3);
/** sum(x^3), rounded to float32 like a model's loss. */
const cube = async ({ data }: FloatTensor): Promise<number> =>
  Math.fround(data.reduce((sum, v) => sum + v ** 3, 0));
const exact = Float32Array.from(x.data, (v) => 3 * v * v);

describe("checkGradient", () => {
  it("accepts an exact gradient", async () => {
    const check = await checkGradient({ loss: cube, gradient: exact, x, seed: 1 });
    expect(check.ok).toBe(true);
    expect(check.maxRelativeError).toBeLessThan(0.002);
    expect(check.analytic).toHaveLength(8);
    expect(check.coordinates.every((probe) => probe.measurable)).toBe(true);
  });

  it.each([
    ["scaled by 1.05", exact.map((g) => 1.05 * g)],
    ["of the wrong sign", exact.map((g) => -g)],
    ["zero", exact.map(() => 0)],
    ["missing its first half", exact.map((g, i) => (i < 25 ? 0 : g))],
    ["shifted by one entry", exact.map((_, i) => exact[(i + 1) % 50]!)],
    ["not finite in one entry", exact.map((g, i) => (i === 7 ? NaN : g))],
  ])("refuses a gradient %s", async (_name, gradient) => {
    const check = await checkGradient({ loss: cube, gradient, x, seed: 1 });
    expect(check.ok).toBe(false);
  });

  it("does not mistake rounding noise for an error", async () => {
    // The loss is huge and flat: single coordinates move it by less than it can resolve.
    const flat = async ({ data }: FloatTensor): Promise<number> =>
      Math.fround(1000 + data.reduce((sum, v) => sum + 1e-3 * v, 0));
    const check = await checkGradient({
      loss: flat,
      gradient: new Float32Array(50).fill(1e-3),
      x,
      seed: 1,
    });
    expect(check.ok).toBe(true);
    expect(check.coordinates.some((probe) => probe.measurable)).toBe(false);
  });

  it("is a pure function of its seed", async () => {
    const run = (seed: number): Promise<unknown> =>
      checkGradient({ loss: cube, gradient: exact, x: floatTensor(x.data, x.shape), seed });
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });
});
