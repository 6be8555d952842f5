import { readFile } from "node:fs/promises";
import { describe, expect, it, test } from "vitest";
import { parityImage } from "../../model/manifest.ts";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import { linfNorm, subtract } from "../../tensor/norms.ts";
import { parseModel, serializeModel } from "../file.ts";
import { readShapes } from "../shapes.ts";
import { BAND_INPUTS, lowPassMatrix, withBands } from "./bands.ts";

function through(matrix: Float32Array, x: readonly number[]): number[] {
  return Array.from(x, (_, i) =>
    x.reduce((sum, value, j) => sum + matrix[i * x.length + j]! * value, 0),
  );
}
const energy = (x: readonly number[]) => x.reduce((sum, v) => sum + v * v, 0) / x.length;

test("the split of a signal of two waves: energies .02 and .01 by hand", () => {
  const signal = Array.from(
    { length: 64 },
    (_, i) => 0.2 * Math.cos((2 * Math.PI * (i % 8)) / 8) + 0.1 * Math.cos(Math.PI * (i % 8)),
  );
  const low = through(lowPassMatrix({ rows: 8, columns: 8, radius: 2 }).data, signal);
  expect(energy(low)).toBeCloseTo(0.02, 6);
  expect(energy(signal.map((value, i) => value - low[i]!))).toBeCloseTo(0.01, 6);
});

test("radius 0 is the mean, a radius past the corner everything, and a band passed twice is the band", () => {
  const x = Array.from({ length: 24 }, (_, i) => Math.sin(3.7 * i) + 0.1 * i);
  const grid = { rows: 4, columns: 6 };
  const mean = x.reduce((a, b) => a + b) / 24;
  for (const value of through(lowPassMatrix({ ...grid, radius: 0 }).data, x)) {
    expect(value).toBeCloseTo(mean, 5);
  }
  const whole = through(lowPassMatrix({ ...grid, radius: 4 }).data, x);
  whole.forEach((value, i) => expect(value).toBeCloseTo(x[i]!, 5));
  const { data } = lowPassMatrix({ ...grid, radius: 1 });
  const once = through(data, x);
  through(data, once).forEach((value, i) => expect(value).toBeCloseTo(once[i]!, 5));
});

describe("the shipped encoder", async () => {
  const file = new URL("../../../public/models/base/vision.int8.onnx", import.meta.url);
  const model = parseModel(new Uint8Array(await readFile(file)));
  const image = floatTensor(parityImage(224), [1, 1, 224, 224]);
  const table = await readShapes(model, nativeRunner, { shapes: { image: [1, 1, 224, 224] } });
  const grid = { rows: 16, columns: 16 };
  const tokens = async (radius: number, low: number, high: number) => {
    const scalar = (value: number) => floatTensor(Float32Array.of(value), []);
    const feeds = { image, [BAND_INPUTS.low]: scalar(low), [BAND_INPUTS.high]: scalar(high) };
    const edited = serializeModel(withBands(model, { ...grid, radius }, table));
    return (await nativeRunner(edited, feeds, ["tokens"]))["tokens"]!.data as Float32Array;
  };

  it("says the same bit for bit where both gains are 0", async () => {
    const own = (await nativeRunner(serializeModel(model), { image }, ["tokens"]))["tokens"]!.data;
    expect(await tokens(3, 0, 0)).toEqual(own);
  });

  it("knows of no cut-off where both gains are equal, and of one where they are not", async () => {
    const [a, b] = [await tokens(2, 0.3, 0.3), await tokens(6, 0.3, 0.3)];
    expect(linfNorm(subtract(a, b))).toBeLessThan(1e-3);
    const [c, d] = [await tokens(2, 0, 0.3), await tokens(6, 0, 0.3)];
    expect(linfNorm(subtract(c, d))).toBeGreaterThan(0.05);
  });

  it("is refused for another grid than its tokens have", () => {
    expect(() => withBands(model, { rows: 14, columns: 14, radius: 3 }, table)).toThrow(
      "over the 14 x 14 tokens",
    );
  });
});
