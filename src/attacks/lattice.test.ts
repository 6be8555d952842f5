import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomStream } from "../numerics/random.ts";
import { base, bumpy, trace } from "../testing/attackRuns.ts";
import { feasibleSet } from "./feasibleSet.ts";
import { toLattice } from "./lattice.ts";
import { ATTACKS } from "./registry.ts";
import type { AttackId } from "./registry.ts";
import { distance } from "./search.ts";

const ids = Object.keys(ATTACKS) as AttackId[];

describe("the 8-bit lattice", () => {
  const levels = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 40, maxLength: 40 });
  const isOnLattice = (x: Float32Array) =>
    x.every((v) => Math.abs(v * 255 - Math.round(v * 255)) < 1e-3);

  test("a point's picture lies on k/255, inside the ball and the range, and moves only what the point moves", () => {
    fc.assert(
      fc.property(
        levels,
        fc.constantFrom("linf" as const, "l2" as const),
        fc.double({ min: 0.001, max: 3, noNaN: true }),
        fc.nat(),
        (bytes, norm, epsilon, seed) => {
          const origin = Float32Array.from(bytes, (b) => b / 255);
          const random = randomStream(seed);
          const raw = origin.map((v, i) => (i % 4 === 0 ? v : v + random.normal()));
          const scale = norm === "linf" ? 0 : epsilon / distance(raw, origin, "l2");
          const x = origin.map((v, i) => {
            const moved =
              norm === "linf" && i % 4 !== 0
                ? v + random.between(-epsilon, epsilon)
                : v + scale * (raw[i]! - v);
            return Math.max(0, Math.min(1, moved));
          });
          const out = toLattice(x, origin, { epsilon, norm });
          expect(distance(out, origin, norm)).toBeLessThanOrEqual(epsilon * (1 + 1e-6) + 1e-7);
          expect(isOnLattice(out)).toBe(true);
          expect(out.every((v) => v >= 0 && v <= 1)).toBe(true);
          out.forEach((v, i) => {
            if (x[i] === origin[i]) expect(v).toBe(origin[i]);
            expect((v - origin[i]!) * (x[i]! - origin[i]!)).toBeGreaterThanOrEqual(0);
          });
        },
      ),
    );
  });

  test("in linf each pixel takes the nearest level in reach, 0 from either side included; what is no number stays", () => {
    const epsilon = 3 / 255;
    const origin = Float32Array.from({ length: 256 }, (_, level) => level / 255);
    for (let change = -4; change <= 4; change += 0.125) {
      const x = origin.map((v) => Math.max(0, Math.min(1, v + change / 255)));
      const levels = Array.from(origin.keys(), (level) => {
        const moved = Math.sign(change) * Math.min(3, Math.floor(Math.abs(change) + 0.5 + 1e-4));
        return Math.max(0, Math.min(255, level + moved));
      });
      expect(toLattice(x, origin, { norm: "linf", epsilon })).toEqual(
        Float32Array.from(levels, (level) => level / 255),
      );
    }
    const odd = origin.slice();
    odd[0] = -0;
    odd[2] = -0;
    odd[200] = NaN;
    const out = toLattice(odd, origin, { norm: "linf", epsilon });
    expect([out[0], out[1], out[2], out[200], out[201]]).toEqual([
      0,
      origin[1],
      0,
      NaN,
      origin[201],
    ]);
  });

  test("the ball cuts what goes too far on either side, with bounds of any sign, and leaves what is no number", () => {
    const cut = (origin: number[], x: number[], epsilon = 0.25) => {
      const out = Float32Array.from(x);
      feasibleSet(Float32Array.from(origin), { norm: "linf", epsilon }).project(out);
      return [...out];
    };
    const x = [-1, -1e-30, 0.1, 0.5, 0.75, 0.76, 1e30, Infinity, -Infinity, NaN];
    const within = [0.25, 0.25, 0.25, 0.5, 0.75, 0.75, 0.75, 0.75, 0.25, NaN];
    expect(
      cut(
        x.map(() => 0.5),
        x,
      ),
    ).toEqual(within);
    // An origin below 0 has bounds whose bits do not stand in their order.
    expect(cut([-0.5, ...x.map(() => 0.5)], [-2, ...x])).toEqual([-0.5, ...within]);
    expect(cut([-0, 1], [-1, 2])).toEqual([-0, 1]);
  });

  test("the largest change is found at either end of any number of pixels", () => {
    for (const length of [1, 2, 5]) {
      for (const at of [0, length - 1]) {
        const x = new Float32Array(length);
        x[at] = -0.5;
        expect(distance(x, new Float32Array(length), "linf")).toBe(0.5);
      }
    }
  });

  test("an attack of whole levels is its own picture", () => {
    const origin = new Float32Array(100).fill(100 / 255);
    const x = origin.map((v, i) => v + (i % 2 ? 3 : -3) / 255);
    for (const ball of [
      { norm: "linf", epsilon: 3 / 255 },
      { norm: "l2", epsilon: 30 / 255 },
    ] as const) {
      toLattice(x, origin, ball).forEach((v, i) => expect(v).toBeCloseTo(x[i]!, 6));
    }
  });

  test("an l2 budget is spent whole, and where it counts most, however small each change is", () => {
    const origin = new Float32Array(1000).fill(100 / 255);
    // The steepest direction of a linear loss; no pixel changes by half a level.
    const slope = Float64Array.from(origin, (_, i) => Math.sin(i * 1.7));
    const epsilon = 5 / 255;
    const length = Math.hypot(...slope);
    const x = origin.map((v, i) => v + (epsilon * slope[i]!) / length);
    expect(Math.max(...x.map((v, i) => Math.abs(v - origin[i]!)))).toBeLessThan(0.5 / 255);
    const out = toLattice(x, origin, { norm: "l2", epsilon });
    const moved = [...out.keys()].filter((i) => out[i] !== origin[i]);
    expect(moved).toHaveLength(25);
    // One level for each of the 25 steepest pixels is the best that 25 square levels can buy.
    const steepest = [...slope.keys()].sort((a, b) => Math.abs(slope[b]!) - Math.abs(slope[a]!));
    expect(moved).toEqual(steepest.slice(0, 25).sort((a, b) => a - b));
  });

  test.each(ids)("%s returns the picture whose loss its trace calls best", async (id) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ATTACKS[id].norms),
        fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 16, maxLength: 16 }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.nat(),
        fc.boolean(),
        async (norm, bytes, epsilon, seed, randomStart) => {
          const origin = Float32Array.from(bytes, (b) => b / 255);
          const oracle = bumpy(seed);
          const options = { ...base, norm, epsilon, seed, randomStart, restarts: 2, lattice: true };
          const stepSize = Math.max(1e-9, 0.25 * epsilon);
          const { iterates, result } = await trace(id, oracle, origin, { ...options, stepSize });
          expect(isOnLattice(result.adversarial)).toBe(true);
          expect(distance(result.adversarial, origin, norm)).toBeLessThanOrEqual(epsilon + 1e-6);
          expect(await oracle.loss(result.adversarial)).toBe(iterates.at(-1)!.bestLoss);
          // A ball that holds no other 8-bit picture costs one look, whatever the settings say.
          if (255 * epsilon < 0.99) expect(iterates).toHaveLength(1);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("a picture that is no 8-bit picture is not rounded in silence", async () => {
    const origin = new Float32Array(16).fill(0.4999);
    const run = trace("pgd", bumpy(1), origin, { ...base, lattice: true });
    await expect(run).rejects.toThrow(/8-bit lattice/);
  });
});
