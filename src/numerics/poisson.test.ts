import { describe, expect, test } from "vitest";
import { logGamma } from "./beta.ts";
import { poisson } from "./poisson.ts";
import { randomStream } from "./random.ts";

describe("poisson", () => {
  test.each([0.7, 4, 9.9, 10.1, 37])("follows the distribution of mean %d (chi-square)", (mean) => {
    const random = randomStream(12, `mean ${mean}`);
    const n = 40_000;
    const counts = new Map<number, number>();
    for (let i = 0; i < n; i++) {
      const k = poisson(mean, random);
      counts.set(k, (counts.get(k) ?? 0) + 1);
    }
    let chiSquare = 0;
    let cells = 0;
    for (let k = 0; k < 200; k++) {
      const expected = n * Math.exp(k * Math.log(mean) - mean - logGamma(k + 1));
      if (expected < 8) continue;
      chiSquare += ((counts.get(k) ?? 0) - expected) ** 2 / expected;
      cells++;
    }
    // Five standard deviations of a chi-square above its mean.
    expect(chiSquare).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
  });

  test("mean and variance agree for thousands of photons; no photons where none are expected", () => {
    const random = randomStream(3);
    const draws = Array.from({ length: 20_000 }, () => poisson(5000, random));
    const mean = draws.reduce((a, b) => a + b) / draws.length;
    const variance = draws.reduce((sum, k) => sum + (k - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - 5000)).toBeLessThan(4 * Math.sqrt(5000 / 20_000));
    expect(Math.abs(variance / 5000 - 1)).toBeLessThan(0.05);
    expect(poisson(0, random)).toBe(0);
  });
});
