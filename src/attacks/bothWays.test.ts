/** Where the gradient hides the slope the other way back is tried too, and the better result is kept. */
import { expect, test } from "vitest";
import type { AttackIterate, AttackOptions, AttackResult, GradientOracle } from "./attack.ts";
import { bothWays, isMadeTwice, MASKED } from "./bothWays.ts";
import { fab } from "./fab.ts";
import { pgd } from "./pgd.ts";
import { square } from "./square.ts";
import { strong } from "./strong.ts";
import { universalPatch } from "./universal.ts";

const ORIGIN = new Float32Array(64).fill(0.5);
const OPTIONS: AttackOptions = {
  norm: "linf",
  epsilon: 0.1,
  steps: 6,
  stepSize: 0.05,
  restarts: 2,
  seed: 3,
  randomStart: false,
};
const CONTEXT = { signal: { aborted: false }, yieldToHost: async () => {} };

const loss = async (x: Float32Array) => x.reduce((sum, v) => sum + v - 0.5, 0) - 1;
const along = (slope: number) => async (x: Float32Array) => ({
  loss: await loss(x),
  gradient: new Float32Array(x.length).fill(slope),
});

async function ran(own: number, other: number, member: typeof pgd = pgd) {
  const oracle: GradientOracle = { loss, lossAndGradient: along(own) };
  const both = { ...oracle, standIn: { lossAndGradient: along(other), better: MASKED } };
  const iterates: AttackIterate[] = [];
  const run =
    member === strong
      ? member.run(both, ORIGIN, OPTIONS, CONTEXT)
      : bothWays(member, both, { origin: ORIGIN, options: OPTIONS }, CONTEXT);
  for (;;) {
    const step = await run.next();
    if (step.done) return { iterates, result: step.value };
    iterates.push(step.value);
  }
}

const last = ({ iterates }: { iterates: readonly AttackIterate[] }) => iterates.at(-1)!;
const gained = ({ loss: reached }: AttackResult) => reached + 1;

test("a flat gradient is found out by the other way, and the result says so", async () => {
  const both = await ran(0, 1);
  expect(gained(both.result)).toBeCloseTo(64 * 0.1, 4);
  expect(both.result.warnings).toContain(MASKED);
  expect(both.result.restart).toBeGreaterThanOrEqual(OPTIONS.restarts);
  expect(last(both).bestLoss).toBe(both.result.loss);
  expect(last(both).restart).toBe(2 * OPTIONS.restarts - 1);
  const bests = both.iterates.map(({ bestLoss }) => bestLoss);
  expect(bests).toEqual([...bests].sort((a, b) => a - b));
});

test("a gradient that is right keeps its result, without a word, at the cost of both", async () => {
  const both = await ran(1, -1);
  expect(gained(both.result)).toBeCloseTo(64 * 0.1, 4);
  expect(both.result.warnings).toBeUndefined();
  const one = pgd.run({ loss, lossAndGradient: along(1) }, ORIGIN, OPTIONS, CONTEXT);
  let step = await one.next();
  while (!step.done) step = await one.next();
  expect(both.result.gradientPasses).toBe(2 * step.value.gradientPasses);
  expect(both.result.adversarial).toEqual(step.value.adversarial);
});

test("an attack that seeks the smallest change keeps the smaller of the two", async () => {
  // The answer turns where each of the 64 pixels has gone a 64th.
  for (const [own, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const { result } = await ran(own, other, fab);
    expect(result.loss).toBeGreaterThan(0);
    expect(result.norm).toBeGreaterThan(1 / 64);
    expect(result.norm).toBeLessThan(1.2 / 64);
  }
});

test("the strong attack tries the other way by itself, and does not call the gradient masked twice", async () => {
  const { result } = await ran(0, 1, strong);
  expect(gained(result)).toBeCloseTo(64 * 0.1, 4);
  expect(result.warnings).toContain(MASKED);
  expect(result.warnings!.join()).not.toContain("Asking alone");
});

test("who only asks, who does it by itself and who learns elsewhere is not made twice", () => {
  expect([pgd, fab, square, strong, universalPatch].map(isMadeTwice)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
