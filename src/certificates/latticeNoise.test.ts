import { describe, expect, test } from "vitest";
import { randomStream } from "../numerics/random.ts";
import { latticeLevels, latticeNoise, noisyImage } from "./latticeNoise.ts";

describe("latticeNoise", () => {
  test("has the probabilities of the rounded Gaussian", () => {
    const noise = latticeNoise(0.25);
    expect(noise.probability(0)).toBeCloseTo(0.0062579, 7);
    expect(noise.probability(1)).toBeCloseTo(0.0062571, 7);
    expect(noise.probability(64)).toBeCloseTo(0.0037807, 7);
    let total = 0;
    for (let level = -noise.limit; level <= noise.limit; level++) total += noise.probability(level);
    expect(total).toBeCloseTo(1, 12);
  });

  test("draws follow them: chi-square over the levels of a narrow noise", () => {
    const noise = latticeNoise(2 / 255);
    const random = randomStream(1, "chi-square");
    const counts = new Map<number, number>();
    const n = 200_000;
    for (let i = 0; i < n; i++) {
      const level = noise.draw(random);
      counts.set(level, (counts.get(level) ?? 0) + 1);
    }
    let chiSquare = 0;
    for (let level = -7; level <= 7; level++) {
      const expected = n * noise.probability(level);
      chiSquare += ((counts.get(level) ?? 0) - expected) ** 2 / expected;
    }
    // 99.99 % quantile with 15 degrees of freedom.
    expect(chiSquare).toBeLessThan(44.3);
  });

  test("needs 53 bits: the cost to alpha of ten thousand 224 x 224 images at sigma .25", () => {
    const cost = 1e4 * 224 * 224 * latticeNoise(0.25).deviation;
    expect(cost).toBeGreaterThan(2e-5);
    expect(cost).toBeLessThan(4e-5);
    expect(Math.abs(cost - 2.9e-5)).toBeLessThan(1e-6);
    // With 32 bits the same count of draws would cost more than all of alpha.
    expect(cost * 2 ** 21).toBeCloseTo(61.8, 0);
  });

  test("noise added in float32 would leak the picture: how many values are whole multiples of 2^-24 tells the grey level", () => {
    const random = randomStream(2, "leak");
    const multiples = (gray: number) => {
      let count = 0;
      for (let i = 0; i < 20_000; i++) {
        const value = Math.fround(Math.fround(gray) + Math.fround(0.25 * random.normal()));
        if (Number.isInteger(value * 2 ** 24)) count++;
      }
      return count / 20_000;
    };
    expect(multiples(0)).toBeCloseTo(0.288, 1);
    expect(multiples(200 / 255)).toBeCloseTo(0.948, 1);
    expect(multiples(1)).toBe(1);
  });

  test("adds whole grey levels and clips", () => {
    const levels = latticeLevels(Float32Array.of(0, 128 / 255, 1));
    expect([...levels]).toEqual([0, 128, 255]);
    const noisy = noisyImage(levels, latticeNoise(0.3), randomStream(4));
    for (const value of noisy) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
      expect(Math.abs(value * 255 - Math.round(value * 255))).toBeLessThan(1e-4);
    }
  });

  test("an image off the lattice and a useless sigma are refused", () => {
    expect(() => latticeLevels(Float32Array.of(0.5))).toThrow("not a multiple of 1/255");
    expect(() => latticeNoise(0)).toThrow("sigma is 0");
  });
});
