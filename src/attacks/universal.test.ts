/** Patterns for many pictures: the way back is the way there transposed, and the reader's picture is never learned on. */
import { describe, expect, test } from "vitest";
import { randomStream } from "../numerics/random.ts";
import type { AttackIterate, AttackMember, AttackOptions, GradientOracle } from "./attack.ts";
import { coveredBy, placedAt, randomPlacement, stamped, stampedBack } from "./placement.ts";
import { attentionPatch, universalPatch, universalPerturbation } from "./universal.ts";

const SIDE = 24;
const base: AttackOptions = {
  norm: "linf",
  epsilon: 0.1,
  steps: 60,
  stepSize: 1,
  restarts: 1,
  seed: 1,
  randomStart: false,
};
const flat = (value: number) => new Float32Array(SIDE * SIDE).fill(value);
/** Bright above, dark below: what every picture of the crowd falls for. */
const SHARED = Float32Array.from({ length: SIDE * SIDE }, (_, i) =>
  i < (SIDE * SIDE) / 2 ? 1 : -1,
);

/** Each picture has a slope of its own beside the shared one. */
function crowd(
  seed: number,
  seen: Float32Array[] = [],
  pull = 1,
): NonNullable<GradientOracle["crowd"]> {
  const random = randomStream(seed, "slopes");
  const slopes = Array.from({ length: 6 }, () => SHARED.map((s) => s + 2 * random.normal()));
  return {
    pictures: slopes.map((_, k) => flat(0.15 + 0.02 * k)),
    random: randomStream(seed, "crowd"),
    async lossAndGradient(k, x) {
      seen.push(x);
      return { loss: x.reduce((sum, v, i) => sum + slopes[k]![i]! * v, 0), gradient: slopes[k]! };
    },
    // Attention goes to what is dark under the sticker.
    async attentionIn(x, mask) {
      const gradient = mask.map((on) => -pull * on);
      return { loss: x.reduce((sum, v, i) => sum + gradient[i]! * v, 0), gradient };
    },
  };
}

const own = (x: Float32Array) => x.reduce((sum, v, i) => sum + SHARED[i]! * (v - 0.5), 0);

async function run(attack: AttackMember, options: Partial<AttackOptions>, seed = 1, pull = 1) {
  const asked: Float32Array[] = [];
  const learnedOn: Float32Array[] = [];
  const oracle: GradientOracle = {
    loss: async (x) => (asked.push(x), own(x)),
    lossAndGradient: () => {
      throw new Error("the picture itself was differentiated");
    },
    crowd: crowd(seed, learnedOn, pull),
  };
  const context = { signal: { aborted: false }, yieldToHost: async () => {} };
  const iterator = attack.run(oracle, flat(0.5), { ...base, ...options }, context);
  const iterates: AttackIterate[] = [];
  for (;;) {
    const step = await iterator.next();
    if (step.done) return { result: step.value, iterates, asked, learnedOn };
    iterates.push(step.value);
  }
}

describe("a square on a picture", () => {
  test("its gradient is the transpose of laying it down, wherever it lies", () => {
    const random = randomStream(5);
    for (let k = 0; k < 20; k++) {
      const cells = 3 + (k % 4);
      const pattern = Float64Array.from(
        { length: cells * cells },
        () => 0.2 + 0.5 * random.uniform(),
      );
      const place = randomPlacement(0.4, random);
      const gradient = Float32Array.from({ length: SIDE * SIDE }, () => random.normal());
      const at = (p: Float64Array) =>
        stamped(flat(0), { pattern: p, cells }, place).reduce(
          (sum, v, i) => sum + v * gradient[i]!,
          0,
        );
      const back = stampedBack(gradient, { pattern, cells }, place);
      for (const cell of [0, cells, cells * cells - 1]) {
        const nudged = (by: number) => pattern.map((v, i) => (i === cell ? v + by : v));
        const slope = (at(nudged(0.01)) - at(nudged(-0.01))) / 0.02;
        expect(back[cell]).toBeCloseTo(slope, 3);
      }
    }
  });

  test("upright and of its own size it is the pattern itself", () => {
    const pattern = Float64Array.from({ length: 36 }, (_, i) => i / 36);
    const place = placedAt({ x: 0.5, y: 0.5, side: 6 / SIDE, degrees: 0 });
    const out = stamped(flat(0), { pattern, cells: 6 }, place);
    for (let i = 0; i < 36; i++) {
      expect(out[(9 + Math.floor(i / 6)) * SIDE + 9 + (i % 6)]).toBeCloseTo(i / 36, 6);
    }
  });
});

test("a universal perturbation learns what the others share, and is held out on this picture", async () => {
  const { result, learnedOn, asked } = await run(universalPerturbation, {});
  // All of the ball along the shared slope is .1 of each pixel.
  expect(result.loss).toBeGreaterThan(0.6 * 0.1 * SIDE * SIDE);
  expect(result.norm).toBeLessThanOrEqual(0.1 + 1e-6);
  expect(result.gradientPasses).toBe(60);
  expect(result.queries).toBe(asked.length);
  expect(learnedOn.every((x) => x.some((v) => Math.abs(v - 0.5) > 0.11))).toBe(true);
  // What is returned is the last pattern, whatever the picture itself would have preferred.
  const { iterates } = await run(universalPerturbation, {}, 2);
  expect(iterates.at(-1)!.loss).toBe(iterates.at(-1)!.bestLoss);
});

test("a universal patch keeps to its stamp and repeats itself; more starts are chosen by the others' pictures", async () => {
  const stamp = { x: 0.5, y: 0.25, side: 0.3, degrees: 10 };
  const options = { epsilon: 1, stamp };
  const { result } = await run(universalPatch, options);
  expect((await run(universalPatch, options)).result).toEqual(result);
  const place = placedAt(stamp);
  const touched = stamped(flat(0), { pattern: new Float64Array(4).fill(1), cells: 2 }, place);
  result.adversarial.forEach((v, i) => touched[i] === 0 && expect(v).toBe(0.5));
  // Over the bright half a brighter patch is the better one; placements reach both halves.
  expect(result.adversarial.some((v) => v !== 0.5)).toBe(true);
  const twice = await run(universalPatch, { ...options, restarts: 2 });
  expect(twice.result.gradientPasses).toBe(120);
  expect([0, 1]).toContain(twice.result.restart);
});

test("a patch that draws attention follows both slopes, where a plain one follows the answer's alone", async () => {
  const stamp = { x: 0.5, y: 0.25, side: 0.3, degrees: 0 };
  const options = { epsilon: 1, stamp };
  const on = coveredBy(SIDE * SIDE, 7, placedAt(stamp));
  const darkness = (x: Float32Array) => x.reduce((sum, v, i) => sum + on[i]! * (1 - v), 0);
  const plain = (await run(universalPatch, options)).result;
  const drawn = (await run(attentionPatch, options)).result;
  expect(darkness(drawn.adversarial)).toBeGreaterThan(darkness(plain.adversarial) + 1);
  expect(drawn.gradientPasses).toBe(2 * plain.gradientPasses);
  // Where attention has no slope, what is left is the plain one.
  const still = (await run(attentionPatch, options, 1, 0)).result;
  expect(still.adversarial).toEqual(plain.adversarial);
});

test("what a sticker covers is what it changes", () => {
  const place = randomPlacement(0.3, randomStream(8));
  const on = coveredBy(SIDE * SIDE, 5, place);
  const out = stamped(flat(0), { pattern: new Float64Array(25).fill(0.5), cells: 5 }, place);
  expect([...on]).toEqual(Array.from(out, (v) => (v > 0 ? 1 : 0)));
});
