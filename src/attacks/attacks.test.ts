import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LabError } from "../errors/labError.ts";
import { asked, base, bumpy, linear, running, trace } from "../testing/attackRuns.ts";
import { apgdCheckpoints } from "./apgd.ts";
import type { AttackOptions, GradientOracle } from "./attack.ts";
import { ATTACKS } from "./registry.ts";
import type { AttackId } from "./registry.ts";
import { distance } from "./search.ts";
import { square, squareWindow } from "./square.ts";

const ids = Object.keys(ATTACKS) as AttackId[];

describe("the linear toy of three pixels, w = (1, -2, .5), x = .5", () => {
  const w = [1, -2, 0.5];
  const origin = Float32Array.of(0.5, 0.5, 0.5);

  test.each<AttackId>(["fgsm", "pgd", "apgd", "miFgsm"])(
    "%s reaches f = -.60 at linf .1",
    async (id) => {
      const { iterates, result } = await trace(id, linear(w), origin, base);
      expect(-iterates[0]!.loss).toBeCloseTo(-0.25, 6);
      expect(-result.loss).toBeCloseTo(-0.6, 6);
      expect(result.norm).toBeLessThanOrEqual(0.1);
    },
  );

  test.each<AttackId>(["fgsm", "pgd", "apgd", "miFgsm"])(
    "%s reaches f = -.479129 at l2 .1",
    async (id) => {
      const { result } = await trace(id, linear(w), origin, { ...base, norm: "l2" });
      expect(-result.loss).toBeCloseTo(-0.25 - 0.1 * Math.sqrt(5.25), 5);
    },
  );

  test("a mask freezes its pixels", async () => {
    const { result } = await trace("pgd", linear(w), origin, {
      ...base,
      mask: Float32Array.of(1, 0, 1),
    });
    expect(result.adversarial[1]).toBe(0.5);
    expect(-result.loss).toBeCloseTo(-0.25 - 0.1 * 1.5, 6);
  });

  test("the range cuts the ball", async () => {
    const { result } = await trace("pgd", linear(w), Float32Array.of(0.02, 0.97, 0.5), base);
    expect([...result.adversarial]).toEqual(
      [0, 1, Math.fround(0.4)].map((v) => expect.closeTo(v, 6)),
    );
  });
});

const anyCase = fc.record({
  id: fc.constantFrom(...ids),
  norm: fc.constantFrom("linf" as const, "l2" as const),
  epsilon: fc.double({ min: 1e-4, max: 0.6, noNaN: true }),
  steps: fc.integer({ min: 1, max: 25 }),
  relativeStep: fc.double({ min: 0.05, max: 2, noNaN: true }),
  restarts: fc.integer({ min: 1, max: 2 }),
  seed: fc.nat(),
  randomStart: fc.boolean(),
  masked: fc.boolean(),
  origin: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 16, maxLength: 16 }),
});

describe("every attack", () => {
  test("stays in the ball, the range and the mask; the best loss never falls and is what it returns", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyCase,
        async ({ id, norm, masked, relativeStep, origin: values, ...rest }) => {
          fc.pre(ATTACKS[id].norms.includes(norm));
          const origin = Float32Array.from(values);
          const before = origin.slice();
          const mask = Float32Array.from({ length: 16 }, (_, i) => (i % 3 === 0 ? 0 : 1));
          const options = {
            ...rest,
            norm,
            stepSize: relativeStep * rest.epsilon,
            ...(masked ? { mask } : {}),
          };
          const oracle = bumpy(rest.seed);
          const { iterates, result } = await trace(id, oracle, origin, options);
          let best = -Infinity;
          let nearest = Infinity;
          for (const iterate of iterates) {
            expect(distance(iterate.current, origin, norm)).toBeLessThanOrEqual(options.epsilon);
            expect(iterate.norm).toBe(distance(iterate.current, origin, norm));
            expect(iterate.current.every((v) => v >= 0 && v <= 1)).toBe(true);
            if (masked)
              expect(iterate.current.every((v, i) => mask[i] === 1 || v === origin[i])).toBe(true);
            // A member that seeks the smallest change keeps the nearer of two flips, whatever their losses.
            const isFlip = ATTACKS[id].seeks === "smallest" && iterate.loss > 0;
            if (isFlip && iterate.norm < nearest) [best, nearest] = [iterate.loss, iterate.norm];
            if (nearest === Infinity) best = Math.max(best, iterate.loss);
            expect(iterate.bestLoss).toBe(best);
          }
          expect(result.loss).toBe(best);
          expect((await oracle.lossAndGradient(result.adversarial)).loss).toBe(best);
          // The strong attack looks at seven more pictures for its flags.
          const looks = id === "strong" && iterates.length > 1 ? 7 : 0;
          expect(result.gradientPasses + result.queries).toBe(iterates.length + looks);
          if (ATTACKS[id].access === "query") expect(result.gradientPasses).toBe(0);
          expect(result.cancelled).toBe(false);
          expect(origin).toEqual(before);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each(ids)(
    "%s gives the same trace for the same seed, and another for another",
    async (id) => {
      const origin = new Float32Array(16).fill(0.4);
      const options = { ...base, norm: ATTACKS[id].norms[0]!, randomStart: true, steps: 6 };
      const first = await trace(id, bumpy(3), origin, options);
      const again = await trace(id, bumpy(3), origin, options);
      const other = await trace(id, bumpy(3), origin, { ...options, seed: 2 });
      expect(again).toEqual(first);
      expect(other.iterates.map((i) => i.loss)).not.toEqual(first.iterates.map((i) => i.loss));
    },
  );

  test.each(ids)("%s with epsilon 0 returns the origin bit by bit", async (id) => {
    const origin = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i) ** 2);
    const { result } = await trace(id, bumpy(1), origin, {
      ...base,
      norm: ATTACKS[id].norms[0]!,
      epsilon: 0,
      stepSize: 0,
      randomStart: true,
    });
    expect(result.adversarial).toEqual(origin);
    expect(result.norm).toBe(0);
  });

  test.each(ids)("%s stops within one step of the signal and keeps its best", async (id) => {
    const signal = { aborted: false };
    let calls = 0;
    const oracle = bumpy(5);
    const count = () => {
      if (++calls === 2) signal.aborted = true;
    };
    const watched: GradientOracle = {
      loss: (x) => (count(), oracle.loss(x)),
      lossAndGradient: (x) => (count(), oracle.lossAndGradient(x)),
    };
    const { iterates, result } = await trace(id, watched, new Float32Array(16).fill(0.5), {
      ...base,
      norm: ATTACKS[id].norms[0]!,
      steps: 20,
      context: { ...running, signal },
    });
    expect(calls).toBe(2);
    expect(result.cancelled).toBe(true);
    if (ATTACKS[id].seeks === undefined) {
      expect(result.loss).toBe(Math.max(...iterates.map((i) => i.loss)));
    }
  });

  test("options that mean nothing are refused in one sentence", async () => {
    const origin = new Float32Array(16);
    const failing = (id: AttackId, change: Partial<AttackOptions>) =>
      trace(id, bumpy(1), origin, { ...base, ...change }).catch((error: LabError) => error.message);
    expect(await failing("square", { norm: "l2" })).toBe("Square: no l2 version.");
    expect(await failing("pgd", { epsilon: -1 })).toBe("PGD: epsilon is -1.");
    expect(await failing("pgd", { steps: 0 })).toBe("PGD: 0 steps.");
    expect(await failing("pgd", { stepSize: 0 })).toBe("PGD: step size 0.");
    expect(await failing("pgd", { restarts: 1.5 })).toBe("PGD: 1.5 restarts.");
  });

  test("a loss that is no number stops the attack instead of winning it", async () => {
    const broken = asked({ lossAndGradient: async (x) => ({ loss: NaN, gradient: x.slice() }) });
    await expect(trace("pgd", broken, new Float32Array(16), base)).rejects.toBeInstanceOf(LabError);
  });
});

describe("members", () => {
  test("PGD leaves a point where the gradient is zero", async () => {
    // The squared distance to the origin: zero gradient exactly there.
    const origin = new Float32Array(16).fill(0.5);
    const away = asked({
      lossAndGradient: async (x) => ({
        loss: x.reduce((sum, v, i) => sum + (v - origin[i]!) ** 2, 0),
        gradient: x.map((v, i) => 2 * (v - origin[i]!)),
      }),
    });
    const { result } = await trace("pgd", away, origin, base);
    expect(result.loss).toBeCloseTo(16 * 0.01, 5);
  });

  test("an l2 random start fills the ball: the mean radius of 16 dimensions is 16/17 epsilon", async () => {
    const origin = new Float32Array(16).fill(0.5);
    let sum = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { iterates } = await trace("pgd", bumpy(1), origin, {
        ...base,
        norm: "l2",
        randomStart: true,
        steps: 1,
        seed,
      });
      sum += iterates[0]!.norm / 200;
    }
    expect(sum / 0.1).toBeCloseTo(16 / 17, 1);
  });

  test("APGD reviews its step where the paper does, and beats PGD with a bad step size", async () => {
    expect(apgdCheckpoints(100)).toEqual([22, 41, 57, 70, 80, 87, 93, 99]);
    let wins = 0;
    for (let seed = 0; seed < 20; seed++) {
      const origin = new Float32Array(16).fill(0.5);
      const options = { ...base, steps: 40, seed, epsilon: 0.2, stepSize: 0.2 };
      const a = await trace("apgd", bumpy(seed), origin, options);
      const p = await trace("pgd", bumpy(seed), origin, options);
      if (a.result.loss >= p.result.loss) wins++;
    }
    expect(wins).toBeGreaterThanOrEqual(15);
  });

  // Traces of Algorithm 1 of the APGD paper, written a second time in NumPy (double precision).
  // prettier-ignore
  const apgdTraces = {
    linf: [
      -0.6169, 0.2521, -1.0456, -0.5169, -0.164, -0.1242, -0.1242, -0.1242, 1.0104, 1.2309, 1.3194, -0.6602, 1.059, 0.6359,
      0.9296, 1.3361, 1.2265, 1.0557, 1.3212, 1.3399, 1.337, 1.4122, 1.4433, 1.447, 1.477, 1.504, 1.5097, 1.5142, 1.5203,
      1.5236, 1.523,
    ],
    l2: [-0.6169, 0.0449, -0.8123, 0.0166, 0.4708, 0.991, 0.9562, 1.0389, 1.0655, 1.064, 1.0652, 1.0655],
  };

  test.each([
    ["linf" as const, 0.15],
    ["l2" as const, 0.4],
  ])("APGD %s follows the paper's algorithm step by step", async (norm, epsilon) => {
    const rows = Array.from({ length: 5 }, (_, k) =>
      Array.from({ length: 8 }, (_, i) => 5 * Math.sin(3.1 * k + 1.7 * i)),
    );
    const angles = (x: Float32Array) =>
      rows.map((row, k) => row.reduce((sum, d, i) => sum + d * x[i]!, 0.4 + 1.3 * k));
    const oracle = asked({
      lossAndGradient: async (x) => ({
        loss: angles(x).reduce((sum, a) => sum + Math.sin(a), 0),
        gradient: x.map((_, i) =>
          angles(x).reduce((sum, a, k) => sum + Math.cos(a) * rows[k]![i]!, 0),
        ),
      }),
    });
    const { iterates } = await trace("apgd", oracle, new Float32Array(8).fill(0.5), {
      ...base,
      norm,
      epsilon,
      steps: 30,
    });
    apgdTraces[norm].forEach((loss, step) =>
      expect(Math.abs(iterates[step]!.loss - loss)).toBeLessThan(1e-3),
    );
  });

  test("Square shrinks its window on the published schedule and asks for no gradient", async () => {
    const sides = [0, 11, 51, 201, 501, 1001, 2001, 4001].map((query) =>
      squareWindow(query, 10_000, 224),
    );
    expect(sides).toEqual([200, 142, 100, 71, 50, 35, 25, 18]);
    const w = Array.from({ length: 64 }, (_, i) => Math.sin(i * 7.3));
    const oracle = linear(w);
    const origin = new Float32Array(64).fill(0.5);
    // Nothing but the loss is handed over: there is no gradient to ask for.
    const run = square.run({ loss: oracle.loss }, origin, { ...base, steps: 2000 }, running);
    let step = await run.next();
    while (!step.done) step = await run.next();
    const result = step.value;
    expect(result).toMatchObject({ queries: 2001, gradientPasses: 0 });
    const optimum = 0.1 * w.reduce((sum, wi) => sum + Math.abs(wi), 0);
    const clean = await oracle.loss(origin);
    expect((result.loss - clean) / optimum).toBeGreaterThan(0.9);
  });
});
