/**
 * A certificate of a defended system, and an attack that knows the defense and averages over the noise: inside the certified
 * radius the smoothed feature never passes the bound.
 */
import { expect, test } from "vitest";
import { bestCosineBound } from "../certificates/featureCosine.ts";
import { gridBet } from "../certificates/gridBet.ts";
import { randomStream } from "../numerics/random.ts";
import { modelSystem } from "../system/modelSystem.ts";
import { cosine, l2Norm } from "../tensor/norms.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { defended } from "./defended.ts";

const HOST = { yieldToHost: async () => {} };
const SIGMA = 0.4;
const SIDE = 32;
const CELL = 4;
const model = modelSystem("fake", fakeModel(), HOST.yieldToHost);
const PICTURE = Float32Array.from(
  { length: SIDE * SIDE },
  (_, i) => 0.08 + 0.06 * Math.sin(i / 37) * Math.cos(i / 5),
);

test.each([
  ["gaussianFilter", { sigma: 1.5 }],
  ["resample", { lost: 0.5 }],
  ["medianFilter", { radius: 1 }],
] as const)("behind %s the bound holds against an attack through it", async (defense, params) => {
  const system = await defended(
    model,
    [{ id: "d", defense, enabled: true, seed: 1, params }],
    HOST,
  );
  const [clean] = await system.embed([PICTURE]);
  const draws = (name: string, n: number) => {
    const random = randomStream(5, name);
    return Array.from({ length: n }, () => PICTURE.map(() => SIGMA * random.normal()));
  };
  const bet = gridBet();
  const noisy = draws("certificate", 1500).map((n) => n.map((v, i) => v + PICTURE[i]!));
  for (const embedding of await system.embed(noisy)) bet.add((1 + cosine(embedding, clean!)) / 2);
  const lower = bet.lowerBound(0.001);

  /** Cosine of the smoothed feature at `x` to the clean feature, over given noise. */
  const smoothedCosine = async (x: Float32Array, noise: readonly Float32Array[]) => {
    const seen = await system.embed(noise.map((n) => n.map((v, i) => v + x[i]!)));
    const sum = clean!.map((_, k) => seen.reduce((total, e) => total + e[k]!, 0));
    return cosine(sum, clean!);
  };
  const radius = 0.5 * SIGMA;
  const bound = bestCosineBound(lower, radius / SIGMA, "clean");
  expect(bound).toBeGreaterThan(0);

  // The attacker moves whole cells, which is all that this model sees, down the slope over his own draws.
  const training = draws("attacker", 12);
  const cellOf = (i: number) =>
    Math.floor(Math.floor(i / SIDE) / CELL) * (SIDE / CELL) + Math.floor((i % SIDE) / CELL);
  const cells = (SIDE / CELL) ** 2;
  const start = await smoothedCosine(PICTURE, training);
  const slope = new Float64Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    const moved = PICTURE.map((v, i) => (cellOf(i) === cell ? v + 0.02 : v));
    slope[cell] = (await smoothedCosine(moved, training)) - start;
  }
  const direction = PICTURE.map((_, i) => -slope[cellOf(i)]!);
  const length = l2Norm(direction);
  const attacked = PICTURE.map((v, i) => v + (radius * direction[i]!) / length);
  const verdict = draws("verdict", 800);
  const reached = await smoothedCosine(attacked, verdict);
  expect(reached).toBeLessThan(await smoothedCosine(PICTURE, verdict));
  expect(reached).toBeGreaterThanOrEqual(bound);
});
