import { expect, test } from "vitest";
import { normalCdf } from "../numerics/normal.ts";
import { medianMarginBound, medianMarginRadius, orderStatistic } from "./medianMargin.ts";

test.each([
  [0.25, 354],
  [0.5, 264],
  [1, 124],
  [2, 10],
])("n = 1000, alpha = .001, r = %s sigma: the %s-th smallest margin", (ratio, k) => {
  expect(orderStatistic(1000, normalCdf(-ratio), 0.001)).toBe(k);
});

test("the bound is that order statistic, and the radius is where it crosses 0", () => {
  const margins = Float64Array.from({ length: 1000 }, (_, i) => (i - 200) / 100);
  expect(medianMarginBound(margins, 0.5, 0.001)).toBeCloseTo((263 - 200) / 100, 12);
  const radius = medianMarginRadius(margins, { sigma: 0.1, alpha: 0.001 });
  expect(medianMarginBound(margins, radius / 0.1 - 1e-6, 0.001)).toBeGreaterThan(0);
  expect(medianMarginBound(margins, radius / 0.1 + 0.02, 0.001)).toBeLessThanOrEqual(0);
});

test("too few draws, or half of them against, prove nothing", () => {
  expect(medianMarginBound(Float64Array.of(3, 4, 5), 0.25, 0.001)).toBe(-Infinity);
  expect(medianMarginRadius(Float64Array.of(3, 4, 5), { sigma: 0.1, alpha: 0.001 })).toBe(0);
  const split = Float64Array.from({ length: 400 }, (_, i) => (i % 2 ? 1 : -1));
  expect(medianMarginRadius(split, { sigma: 0.1, alpha: 0.001 })).toBe(0);
});
