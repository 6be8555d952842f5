// Against SciPy, statsmodels and scikit-learn: models/golden/study_statistics.py makes the numbers.
import { describe, expect, test } from "vitest";
import { wilsonInterval } from "../../numerics/binomial.ts";
import { delongAuc } from "../../metrics/auc.ts";
import { bootstrapMean, pairedBootstrap, quantile } from "./bootstrap.ts";
import { holmAdjusted } from "./holm.ts";
import { mcnemarExact } from "./mcnemar.ts";
import golden from "./statistics.golden.json" with { type: "json" };

test.each(golden.mcnemar)("McNemar of $b and $c discordant pairs", ({ b, c, p }) => {
  expect(mcnemarExact(b, c)).toBeCloseTo(p, 10);
  expect(mcnemarExact(c, b)).toBeCloseTo(p, 10);
});

test("Holm", () => {
  const adjusted = holmAdjusted(golden.holm.p);
  golden.holm.adjusted.forEach((p, k) => expect(adjusted[k]).toBeCloseTo(p, 12));
  expect(holmAdjusted([])).toEqual([]);
});

describe("AUC", () => {
  test.each(golden.auc)("$auc", ({ positive, negative, auc, low, high }) => {
    const found = delongAuc(positive, negative)!;
    expect(found.auc).toBeCloseTo(auc, 12);
    expect(found.interval!.low).toBeCloseTo(low, 10);
    expect(found.interval!.high).toBeCloseTo(high, 10);
    expect([found.positives, found.negatives]).toEqual([positive.length, negative.length]);
  });

  test("a perfect separation has no interval, and one case a side no AUC", () => {
    expect(delongAuc([3, 4], [1, 2])).toMatchObject({ auc: 1, interval: null });
    expect(delongAuc([3], [1, 2])).toBeNull();
  });
});

describe("bootstrap", () => {
  test.each(golden.bootstrap)("mean $mean", ({ values, low, high }) => {
    const interval = bootstrapMean(values.map((v) => [v]))!;
    // Both are Monte Carlo; SciPy's with 200,000 resamples.
    const spread = (high - low) * 0.06;
    expect(Math.abs(interval.low - low)).toBeLessThan(spread);
    expect(Math.abs(interval.high - high)).toBeLessThan(spread);
    expect(bootstrapMean(values.map((v) => [v]))).toEqual(interval);
  });

  test("draws cases whole: values of one case do not make each other sure", () => {
    const single = bootstrapMean([[0], [1], [0], [1], [1]])!;
    const fivefold = bootstrapMean([0, 1, 0, 1, 1].map((v) => Array<number>(5).fill(v)))!;
    expect(fivefold).toEqual(single);
  });

  test("says nothing of one case", () => {
    expect(bootstrapMean([[1, 2, 3]])).toBeNull();
    expect(pairedBootstrap([])).toBeNull();
    expect(pairedBootstrap([[1, 3]])).toEqual({ difference: 2, interval: null, pairs: 1 });
  });

  test("quantiles as NumPy's default", () => {
    // numpy.quantile([1, 2, 4, 8], [0.1, 0.5, 0.975])
    [1.3, 3, 7.7].forEach((expected, k) =>
      expect(quantile([1, 2, 4, 8], [0.1, 0.5, 0.975][k]!)).toBeCloseTo(expected, 12),
    );
  });
});

test.each(golden.wilson)("Wilson of $count in $n", ({ count, n, low, high }) => {
  const interval = wilsonInterval(count, n);
  expect(interval.low).toBeCloseTo(low, 10);
  expect(interval.high).toBeCloseTo(high, 10);
});
