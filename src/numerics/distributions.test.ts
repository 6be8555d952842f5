import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { incompleteBeta, inverseIncompleteBeta, logBeta, logGamma } from "./beta.ts";
import { clopperPearsonLower, clopperPearsonUpper, wilsonInterval } from "./binomial.ts";
import { normalCdf, normalQuantile } from "./normal.ts";
import { logSumExp, pairwiseSum, softmax } from "./sums.ts";

const relative = (value: number, expected: number) =>
  Math.abs(value - expected) / Math.max(Math.abs(expected), 1e-300);

// Reference values: mpmath for Phi far in the tail (SciPy is off by 1e-13 there), else SciPy 1.17 (ndtr, ndtri, gammaln, betaln, betainc, betaincinv).
describe("normal distribution", () => {
  test.each([
    [-37, 5.725571222524577e-300],
    [-10, 7.61985302416052e-24],
    [-7.5, 3.190891672910896e-14],
    [-2.6, 0.004661188023718747],
    [-2.5, 0.006209665325776132],
    [-2.4, 0.008197535924596131],
    [-1, 0.15865525393145707],
    [0, 0.5],
    [0.3, 0.6179114221889526],
    [2.49, 0.9936128452350568],
    [2.51, 0.9939634419195873],
    [5, 0.9999997133484281],
  ])("Phi(%d)", (x, expected) => {
    expect(relative(normalCdf(x), expected)).toBeLessThan(2e-14);
  });

  test.each([
    [1e-300, -37.0470962993612],
    [1e-12, -7.034483825301131],
    [1e-5, -4.264890793922825],
    [0.001, -3.090232306167813],
    [0.02424, -1.9731366119445441],
    [0.02426, -1.9727855514678603],
    [0.3, -0.5244005127080409],
    [0.5, 0],
    [0.75, 0.6744897501960817],
    [0.975, 1.959963984540054],
    [0.993116, 2.463260093054427],
    [1 - 1e-9, 5.997807019601637],
  ])("Phi^-1(%d)", (p, expected) => {
    expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(
      1e-14 * Math.max(1, Math.abs(expected)),
    );
  });

  test("the quantile inverts the distribution function and knows the ends", () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 5, noNaN: true }), (z) => {
        expect(Math.abs(normalQuantile(normalCdf(z)) - z)).toBeLessThan(1e-9);
      }),
    );
    expect([0, 1, -0.1, 1.1].map(normalQuantile)).toEqual([-Infinity, Infinity, NaN, NaN]);
  });
});

describe("beta functions", () => {
  test.each([
    [0.1, 2.252712651734206],
    [0.5, 0.5723649429247],
    [2.5, 0.2846828704729192],
    [14.9, 24.924132002217277],
    [15, 25.191221182738683],
    [100.5, 361.43554046777757],
    [1e5, 1051287.7089736569],
  ])("log Gamma(%d)", (x, expected) => {
    expect(relative(logGamma(x), expected)).toBeLessThan(1e-13);
  });

  test.each([
    [0.5, 0.5, 0.3, 0.36901011956554536, 1.1447298858494],
    [2, 3, 0.4, 0.5248, -2.4849066497880004],
    [1000, 1, 0.99, 4.3171247410657815e-5, -6.907755278983132],
    [990, 11, 0.976, 0.0009777413711840105, -60.82570198101712],
    [5000, 5001, 0.495, 0.16107483988778323, -6935.1580122522355],
    [1e5, 50, 0.9994, 0.08377424185685395, -431.0927772815339],
  ])("I and log B for a = %d, b = %d", (a, b, x, expected, logB) => {
    expect(relative(incompleteBeta(x, a, b), expected)).toBeLessThan(1e-9);
    expect(relative(logBeta(a, b), logB)).toBeLessThan(1e-11);
    expect(inverseIncompleteBeta(expected, a, b)).toBeCloseTo(x, 10);
  });
});

describe("proportions", () => {
  test.each([
    [1000, 1000, 0.9931160484209338],
    [99, 100, 0.9113731112960424],
    [990, 1000, 0.9760361871553114],
    [8, 8, 0.4216965034285822],
    [1, 10, 0.00010004502852067863],
  ])("Clopper-Pearson %d of %d at alpha .001", (k, n, expected) => {
    expect(relative(clopperPearsonLower(k, n, 0.001), expected)).toBeLessThan(1e-10);
    expect(clopperPearsonUpper(n - k, n, 0.001)).toBeCloseTo(1 - expected, 12);
  });

  test("1000 of 1000 agree: 2.463 sigma at a fixed n, 2.380 over 6 wordings and 2.332 over 20 at a share of alpha each", () => {
    const radius = (agree: number, alpha: number) =>
      normalQuantile(clopperPearsonLower(agree, 1000, alpha));
    expect(radius(1000, 0.001)).toBeCloseTo(2.463, 3);
    expect(radius(1000, 0.001 / 6)).toBeCloseTo(2.38, 3);
    expect(radius(1000, 0.001 / 20)).toBeCloseTo(2.332, 3);
    // A near tie: 861 of 1000.
    expect(radius(861, 0.001)).toBeCloseTo(0.932, 2);
  });

  test("8 of 8 agree: .4217, below one half, so nothing is claimed", () => {
    expect(clopperPearsonLower(8, 8, 0.001)).toBeCloseTo(0.4217, 4);
    expect(clopperPearsonLower(8, 8, 0.001)).toBeLessThan(0.5);
  });

  test("Wilson interval of 23 flips in 158", () => {
    const { low, high } = wilsonInterval(23, 158);
    expect(low).toBeCloseTo(0.09900027985224194, 12);
    expect(high).toBeCloseTo(0.20896443564080125, 12);
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });

  test("counts that cannot be are refused", () => {
    expect(() => wilsonInterval(5, 4)).toThrow("5 successes of 4 trials");
  });
});

describe("sums", () => {
  test("log-sum-exp does not overflow", () => {
    expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.LN2, 12);
    expect(logSumExp([-Infinity, -Infinity])).toBe(-Infinity);
    expect(logSumExp([])).toBe(-Infinity);
    expect(-Math.log(softmax([2, 1, 0.5, -1])[0]!)).toBeCloseTo(0.4952, 4);
  });

  test("pairwise sums keep what a plain loop loses", () => {
    const values = new Float64Array(1_000_001).fill(1e-16);
    values[0] = 1;
    expect(values.reduce((a, b) => a + b)).toBe(1);
    expect(pairwiseSum(values)).toBeCloseTo(1 + 1e-10, 14);
  });
});
