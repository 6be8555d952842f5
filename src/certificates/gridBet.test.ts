import { describe, expect, test } from "vitest";
import { clopperPearsonLower } from "../numerics/binomial.ts";
import { normalCdf, normalQuantile } from "../numerics/normal.ts";
import { randomStream } from "../numerics/random.ts";
import type { RandomStream } from "../numerics/random.ts";
import { fewestValues, gridBet } from "./gridBet.ts";

describe("gridBet", () => {
  test("a thousand ones certify the value computed for this mixture", () => {
    const bet = gridBet();
    for (let i = 0; i < 1000; i++) bet.add(1);
    // Closed form: K(m) = sum w_j (1 - F_j + F_j / m)^1000, solved with SciPy's brentq.
    expect(bet.lowerBound(0.001)).toBeCloseTo(0.992163, 6);
    expect(bet.mean).toBe(1);
    expect(bet.count).toBe(1000);
  });

  test("the fewest values that can certify a mean are as many ones, and no fewer do", () => {
    // From .3667 m^-n = 1/alpha alone, the betting of everything: 15 for .579 and 19 for .655.
    expect(fewestValues(normalCdf(0.2), 0.001, 64)).toBe(15);
    expect(fewestValues(normalCdf(0.4), 0.001, 64)).toBe(19);
    expect(fewestValues(0.99, 0.001, 64)).toBe(64);
  });

  test("nothing is claimed without data or from zeros alone, and the upper bound mirrors the lower one", () => {
    const bet = gridBet();
    expect(bet.lowerBound(0.001)).toBe(0);
    expect(bet.upperBound(0.001)).toBe(1);
    const mirrored = gridBet();
    for (let i = 0; i < 200; i++) {
      bet.add(i % 4 === 0 ? 0 : 0.25);
      mirrored.add(i % 4 === 0 ? 1 : 0.75);
    }
    expect(bet.upperBound(0.01)).toBeCloseTo(1 - mirrored.lowerBound(0.01), 12);
    const zeros = gridBet();
    for (let i = 0; i < 500; i++) zeros.add(0);
    expect(zeros.lowerBound(0.001)).toBe(0);
  });

  test("agrees with the direct sum over the samples", () => {
    const random = randomStream(3, "direct");
    const values = Array.from(
      { length: 300 },
      () => Math.floor(65536 * (0.6 + 0.4 * random.uniform())) / 65536,
    );
    const bet = gridBet();
    for (const value of values) bet.add(value);
    const m = bet.lowerBound(0.01);
    const fractions = Array.from({ length: 16 }, (_, j) => 0.01 ** (1 - j / 15));
    const roots = fractions.map(Math.sqrt).reduce((a, b) => a + b);
    const wealth = fractions
      .map((f, j) => {
        const weight = (0.75 * Math.sqrt(f)) / roots + (j === 15 ? 0.25 : 0);
        return weight * values.reduce((product, x) => product * (1 - f + (f * x) / m), 1);
      })
      .reduce((a, b) => a + b);
    expect(wealth).toBeCloseTo(100, 4);
    // The boldest bet has the largest share.
    expect(0.75 / roots + 0.25).toBeCloseTo(0.3667, 4);
  });

  test("the bound never falls while values are added, and the histogram counts every value", () => {
    const random = randomStream(5, "monotone");
    const bet = gridBet();
    let before = 0;
    for (let i = 0; i < 400; i++) {
      bet.add(i < 200 ? 1 : random.uniform());
      const bound = bet.lowerBound(0.05);
      expect(bound).toBeGreaterThanOrEqual(before);
      before = bound;
    }
    expect(bet.histogram(10).reduce((a, b) => a + b)).toBe(400);
    expect(bet.histogram(10)[9]).toBeGreaterThanOrEqual(200);
  });

  test("values and error rates outside their range are refused", () => {
    expect(() => gridBet().add(1.0001)).toThrow("1.0001");
    expect(() => gridBet().add(NaN)).toThrow("NaN");
    expect(() => gridBet().lowerBound(0)).toThrow("alpha is 0");
  });

  // The bound is looked at after every one of the first values, then after every tenth. 300 runs at alpha = .05: 99.9 % of binomial
  // counts are at most 28.
  test.each<[string, number, (random: RandomStream) => number]>([
    ["coins of .95", 0.95, (random) => (random.chance(0.95) ? 1 : 0)],
    ["coins of .8", 0.8, (random) => (random.chance(0.8) ? 1 : 0)],
    ["two points", 0.9, (random) => (random.chance(0.5) ? 0.8 : 1)],
    ["rare zeros", 0.998, (random) => (random.chance(0.998) ? 1 : 0)],
    ["uniform above .8", 0.9, (random) => 0.8 + 0.2 * random.uniform()],
  ])("covers the mean at all times: %s", (name, mean, draw) => {
    let failures = 0;
    for (let run = 0; run < 300; run++) {
      const random = randomStream(run, "coverage", name);
      const bet = gridBet();
      for (let n = 1; n <= 300; n++) {
        bet.add(draw(random));
        if ((n <= 40 || n % 10 === 0) && bet.lowerBound(0.05) > mean) {
          failures++;
          break;
        }
      }
    }
    expect(failures).toBeLessThanOrEqual(28);
  });

  // Medians of lower bounds at alpha = .001 from an independent simulation in NumPy.
  test.each([
    [0.8, 0.1, 100, 0.73],
    [0.8, 0.1, 1000, 0.7886],
    [0.8, 0.1, 10000, 0.7962],
    [0.95, 0.03, 100, 0.8776],
    [0.95, 0.03, 1000, 0.9417],
    [0.95, 0.03, 10000, 0.9486],
    [0.99, 0.01, 100, 0.9154],
    [0.99, 0.01, 1000, 0.982],
    [0.99, 0.01, 10000, 0.9891],
  ])("mean %d, sd %d, n = %d: the median bound is %d", (mean, sd, n, expected) => {
    const bounds = Array.from({ length: 15 }, (_, run) => {
      const random = randomStream(run, "median bound", `${mean} ${n}`);
      const bet = gridBet();
      for (let i = 0; i < n; i++) {
        // So near to 1 a clipped normal would have another mean: an exponential below 1 instead.
        const off = sd === 0.01 ? Math.log(1 - random.uniform()) + 1 : random.normal();
        bet.add(Math.min(1, Math.max(0, mean + sd * off)));
      }
      return bet.lowerBound(0.001);
    }).sort((a, b) => a - b);
    // Five standard errors of a median of 15 means.
    const tolerance = (5 * 1.25 * sd) / Math.sqrt(15 * n) + 0.0005;
    expect(Math.abs(bounds[7]! - expected)).toBeLessThan(tolerance);
  });

  test.each([
    [0.95, 100, 0.8051],
    [0.95, 1000, 0.9191],
    [0.99, 1000, 0.9705],
  ])("coins of %d, n = %d: the median bound is %d", (mean, n, expected) => {
    // The bound grows with the count, so its median is that of the count's median.
    const bet = gridBet();
    for (let i = 0; i < n; i++) bet.add(i < Math.round(mean * n) ? 1 : 0);
    // The notes' value is a median of some 15 simulated runs: five of its standard errors.
    const tolerance = 5 * 1.25 * Math.sqrt((mean * (1 - mean)) / (15 * n));
    expect(Math.abs(bet.lowerBound(0.001) - expected)).toBeLessThan(tolerance);
  });

  test.each([
    ["mean .95, sd .03 and a cosine of .7", 0.95, 0.03, 0.7, 664],
    ["mean .9, sd .05 and a cosine of .5", 0.9, 0.05, 0.5, 385],
  ])("values needed half a sigma away, %s", (_, mean, sd, cosine, expected) => {
    const needed = normalCdf(normalQuantile((1 + cosine) / 2) + 0.5);
    const bounds = [0.8, 1.25].map((share) => {
      const random = randomStream(1, "needed", String(share));
      const bet = gridBet();
      for (let i = 0; i < share * expected; i++) bet.add(Math.min(1, mean + sd * random.normal()));
      return bet.lowerBound(0.001);
    });
    // A fifth fewer are not enough, a quarter more are.
    expect(bounds[0]).toBeLessThan(needed);
    expect(bounds[1]).toBeGreaterThan(needed);
  });

  test("a near tie: 861 of 1000 votes certify .932 sigma at a fixed n and .878 watched", () => {
    expect(normalQuantile(clopperPearsonLower(861, 1000, 0.001))).toBeCloseTo(0.932, 2);
    const bet = gridBet();
    for (let i = 0; i < 1000; i++) bet.add(i < 861 ? 1 : 0);
    expect(normalQuantile(bet.lowerBound(0.001))).toBeCloseTo(0.878, 2);
  });

  test("about 104 values of mean .95, sd .03 certify a cosine of .5 half a sigma away", () => {
    // Form A reaches .5 at r = .5 where the score is at least Phi(Phi^-1(.75) + .5).
    const needed = normalCdf(normalQuantile(0.75) + 0.5);
    const counts = Array.from({ length: 15 }, (_, run) => {
      const random = randomStream(run, "values needed");
      const bet = gridBet();
      const add = () => bet.add(Math.min(1, Math.max(0, 0.95 + 0.03 * random.normal())));
      while (bet.count < 85) add();
      expect(bet.lowerBound(0.001)).toBeLessThan(needed);
      while (bet.lowerBound(0.001) < needed) add();
      return bet.count;
    }).sort((a, b) => a - b);
    expect(counts[7]).toBeGreaterThan(98);
    expect(counts[7]).toBeLessThan(111);
  });

  test("votes needed for a cosine of .5 half a sigma away, 19 of 20 agreeing: 291", () => {
    const needed = normalCdf(normalQuantile(0.75) + 0.5);
    // One vote in twenty dissents; where in the twenty it stands, the count that suffices moves by a round of dissents.
    const counts = Array.from({ length: 20 }, (_, place) => {
      const bet = gridBet();
      const add = () => bet.add(bet.count % 20 === place ? 0 : 1);
      while (bet.count < 270) add();
      expect(bet.lowerBound(0.001)).toBeLessThan(needed);
      while (bet.lowerBound(0.001) < needed) add();
      return bet.count;
    }).sort((a, b) => a - b);
    expect(counts.filter((n) => n === 291)).toHaveLength(7);
    expect(counts[0]).toBe(278);
    expect(counts.at(-1)).toBe(316);
  });

  test("is tight: within the published width of other sequences at n = 1000", () => {
    // Mean .95, sd .03 (a clipped normal): an independent simulation gives .9417 at alpha = .001.
    const random = randomStream(11, "width");
    const bet = gridBet();
    for (let i = 0; i < 1000; i++) bet.add(Math.min(1, Math.max(0, 0.95 + 0.03 * random.normal())));
    expect(bet.lowerBound(0.001)).toBeGreaterThan(0.939);
    expect(bet.lowerBound(0.001)).toBeLessThan(0.95);
  });
});
