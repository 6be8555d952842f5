/** DeepFool, NES and the strong attack on losses whose best points are known. */
import { expect, test } from "vitest";
import type { AttackMember, AttackOptions, AttackResult, GradientOracle } from "./attack.ts";
import { deepFool } from "./deepFool.ts";
import { nes } from "./nes.ts";
import { distance } from "./search.ts";
import { strong, strongUpdates } from "./strong.ts";

const running = { signal: { aborted: false }, yieldToHost: async () => {} };
const SIDE = 16;
const ORIGIN = new Float32Array(SIDE * SIDE).fill(0.5);
const base: AttackOptions = {
  norm: "l2",
  epsilon: 2,
  steps: 20,
  stepSize: 0.1,
  restarts: 1,
  seed: 1,
  randomStart: false,
};
/** A smooth pattern, so that a search among low frequencies can find it. */
const SLOPE = Float32Array.from(ORIGIN, (_, i) => Math.cos((Math.PI * ((i % SIDE) + 0.5)) / SIDE));

/** loss = slope . (x - origin) - 1: flips where it is above 0, at a distance of 1 / |slope|. */
function linear(slope = SLOPE): GradientOracle {
  const loss = (x: Float32Array) => x.reduce((sum, v, i) => sum + slope[i]! * (v - 0.5), -1);
  return {
    loss: async (x) => loss(x),
    lossAndGradient: async (x) => ({ loss: loss(x), gradient: slope.slice() }),
  };
}

async function run(attack: AttackMember, oracle: GradientOracle, options: Partial<AttackOptions>) {
  const iterator = attack.run(oracle, ORIGIN, { ...base, ...options }, running);
  const bests: number[] = [];
  for (;;) {
    const step = await iterator.next();
    if (step.done) return { result: step.value as AttackResult, bests };
    bests.push(step.value.bestLoss);
  }
}

test("DeepFool goes just over the boundary and stops", async () => {
  const length = Math.hypot(...SLOPE);
  const { result, bests } = await run(deepFool, linear(), {});
  expect(result.loss).toBeGreaterThan(0);
  expect(result.norm).toBeGreaterThan(1 / length);
  expect(result.norm).toBeLessThan(1.05 / length);
  expect(bests).toHaveLength(2);
  // In the largest change of a pixel the nearest point is 1 / |slope|_1 away.
  const l1 = SLOPE.reduce((sum, v) => sum + Math.abs(v), 0);
  const box = await run(deepFool, linear(), { norm: "linf", epsilon: 0.2 });
  expect(box.result.norm).toBeCloseTo(1.02 / l1, 2);
  // A budget that is too small is all spent, and the answer stays.
  const poor = await run(deepFool, linear(), { epsilon: 0.5 / length });
  expect(poor.result.loss).toBeLessThan(0);
  expect(poor.result.norm).toBeCloseTo(0.5 / length, 4);
});

test("NES finds a smooth slope by questions alone", async () => {
  for (const norm of ["linf", "l2"] as const) {
    const epsilon = norm === "linf" ? 0.1 : 1;
    const { result } = await run(nes, linear(), { norm, epsilon, steps: 400 });
    const best =
      norm === "linf"
        ? epsilon * SLOPE.reduce((sum, v) => sum + Math.abs(v), 0) - 1
        : epsilon * Math.hypot(...SLOPE) - 1;
    const start = -1;
    expect(result.loss - start).toBeGreaterThan(0.4 * (best - start));
    expect(result.gradientPasses).toBe(0);
    expect(distance(result.adversarial, ORIGIN, norm)).toBeLessThanOrEqual(epsilon * (1 + 1e-6));
  }
});

test("the strong attack is as good as its best member, counts them all, and repeats itself", async () => {
  const options = { norm: "linf", epsilon: 0.05, steps: 10, queries: 40 } as const;
  const { result, bests } = await run(strong, linear(), options);
  const l1 = SLOPE.reduce((sum, v) => sum + Math.abs(v), 0);
  expect(result.loss).toBeCloseTo(0.05 * l1 - 1, 3);
  expect(bests.every((loss, k) => k === 0 || loss >= bests[k - 1]!)).toBe(true);
  expect(bests.at(-1)).toBe(result.loss);
  expect(bests.length).toBeLessThanOrEqual(strongUpdates(10, 40) + 1);
  expect(result.queries).toBeGreaterThanOrEqual(41);
  expect(result.warnings).toEqual([]);
  expect((await run(strong, linear(), options)).result).toEqual(result);
});

test("a masked gradient is named: it is zero, or it points the wrong way", async () => {
  const options = { norm: "linf", epsilon: 0.05, steps: 10, queries: 60 } as const;
  const flat: GradientOracle = {
    ...linear(),
    lossAndGradient: async (x) => ({ loss: await linear().loss(x), gradient: ORIGIN.map(() => 0) }),
  };
  const { warnings = [] } = (await run(strong, flat, options)).result;
  expect(warnings.join(" ")).toContain("zero everywhere");
  const wrong: GradientOracle = {
    ...linear(),
    lossAndGradient: async (x) => ({
      loss: await linear().loss(x),
      gradient: SLOPE.map((v) => -v),
    }),
  };
  const found = (await run(strong, wrong, options)).result;
  expect(found.warnings!.join(" ")).toContain("gradient is masked");
});

test("an answer that comes anew each time, and a gain that is noise, are named", async () => {
  const options = { norm: "linf", epsilon: 0.01, steps: 5, queries: 5 } as const;
  let draw = 0;
  const random: GradientOracle = {
    loss: async () => -5 + Math.sin(++draw * 7.1),
    lossAndGradient: async (x) => ({
      loss: -5 + Math.sin(++draw * 7.1),
      gradient: x.map((_, i) => Math.sin(draw + i)),
    }),
  };
  const { warnings = [] } = (await run(strong, random, options)).result;
  expect(warnings.join(" ")).toContain("another answer each time");
  expect(warnings.join(" ")).toContain("no more than one grey level");
});

test("towards one of several answers it goes where the nearest other answer does not lead", async () => {
  // Answer 1 is nearer and out of reach of the ball; answer 2 rises steeply from further away.
  const direction = ORIGIN.map((_, i) => Math.cos((Math.PI * (Math.floor(i / SIDE) + 0.5)) / SIDE));
  const along = (x: Float32Array, slope: Float32Array) =>
    x.reduce((sum, v, i) => sum + slope[i]! * (v - 0.5), 0);
  const losses = (x: Float32Array) =>
    [0.02 * along(x, SLOPE) - 1, along(x, direction) - 4] as const;
  const loss = async (x: Float32Array) => Math.max(...losses(x));
  const towards = (k: 0 | 1) => ({
    lossAndGradient: async (x: Float32Array) => ({
      loss: await loss(x),
      gradient: k === 0 ? SLOPE.map((v) => 0.02 * v) : direction.slice(),
    }),
  });
  const several: GradientOracle = {
    loss,
    lossAndGradient: async (x) => {
      const [near, far] = losses(x);
      return towards(near > far ? 0 : 1).lossAndGradient(x);
    },
    targeted: [towards(0), towards(1)],
  };
  const options = { norm: "linf", epsilon: 0.05, steps: 8, queries: 1 } as const;
  const { targeted: _targeted, ...alone } = several;
  expect((await run(strong, alone, options)).result.loss).toBeLessThan(0);
  expect((await run(strong, several, options)).result.loss).toBeGreaterThan(0);
});
