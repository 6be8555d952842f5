import { expect, test } from "vitest";
import { wilsonInterval } from "../../numerics/binomial.ts";
import { rateInterval } from "./rateInterval.ts";

const cases = (n: number, runs: readonly number[]) => Array.from({ length: n }, () => runs);

test("one run of each case is Wilson's interval", () => {
  expect(rateInterval([[1], [0], [0], [1], [0]])).toEqual(wilsonInterval(2, 5));
  expect(rateInterval([[1], [], [0]])).toEqual(wilsonInterval(1, 2));
});

test("several runs of a case are no more cases", () => {
  const half = [...cases(8, Array<number>(50).fill(1)), ...cases(8, Array<number>(50).fill(0))];
  const { low, high } = rateInterval(half)!;
  // The mean of 16 coins: .5 and about two standard deviations of .125.
  expect(low).toBeCloseTo(0.25, 1);
  expect(high).toBeCloseTo(0.75, 1);
});

test("where all runs agree the interval still has the width of its cases", () => {
  expect(rateInterval(cases(16, [0, 0, 0]))).toEqual(wilsonInterval(0, 16));
  expect(rateInterval(cases(16, [1, 1]))).toEqual(wilsonInterval(16, 16));
});

test("of one case run often nothing can be said", () => {
  expect(rateInterval([[1, 0, 1]])).toBeNull();
});
