import { expect, test } from "vitest";
import { tokenBounds } from "./tokenBounds.ts";

const clean = Float32Array.from({ length: 64 }, (_, i) => (i * 4) / 255);
const options = { sigma: 0.25, alpha: 0.001, maxSamples: 300, batch: 10, seed: 9, pilot: 30 };

test("a token that noise leaves alone is bound near 1, one that it tosses below the length of its mean", async () => {
  const context = { signal: { aborted: false }, yieldToHost: async () => {} };
  const isOdd = (x: Float32Array) => Math.round(255 * (x[0]! + x[1]! + x[2]!)) % 2 === 1;
  // Three tokens of two numbers: still, tossed between right angles, tossed between opposites.
  const encode = async (batch: Float32Array[]) =>
    batch.map((x) =>
      isOdd(x) ? Float32Array.of(5, 0, 0, 2, 1, 0) : Float32Array.of(5, 0, 2, 0, -1, 0),
    );
  const steps: number[] = [];
  const run = tokenBounds(encode, { clean, tokens: 3 }, options, context);
  let bounds = new Float64Array();
  for (;;) {
    const step = await run.next();
    if (step.done) {
      bounds = Float64Array.from(step.value!);
      break;
    }
    steps.push(step.value.done);
  }
  const lengths = [...bounds].map((s) => 2 * s - 1);
  expect(lengths[0]).toBeGreaterThan(0.9);
  expect(lengths[0]).toBeLessThan(1);
  expect(lengths[1]).toBeGreaterThan(0.4);
  expect(lengths[1]).toBeLessThan(Math.SQRT1_2);
  // The mean of opposites has no length: nothing may be claimed.
  expect(lengths[2]).toBeLessThan(0.1);
  expect(steps).toHaveLength(33);
});

test("stops where the signal is raised, with no bound", async () => {
  const signal = { aborted: false };
  const encode = async (batch: Float32Array[]) => {
    signal.aborted = true;
    return batch.map(() => Float32Array.of(1, 0));
  };
  const context = { signal, yieldToHost: async () => {} };
  const run = tokenBounds(encode, { clean, tokens: 1 }, options, context);
  await run.next();
  expect(await run.next()).toMatchObject({ done: false });
  expect(await run.next()).toEqual({ done: true, value: undefined });
});
