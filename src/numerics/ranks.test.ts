import { expect, test } from "vitest";
import { rankCorrelation } from "./ranks.ts";

test("Spearman's correlation, ties sharing their ranks", () => {
  expect(rankCorrelation([1, 2, 3], [10, 100, 1000])).toBeCloseTo(1, 12);
  expect(rankCorrelation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
  // scipy.stats.spearmanr([1, 2, 2, 4, 5], [2, 1, 3, 3, 9]).statistic
  expect(rankCorrelation([1, 2, 2, 4, 5], [2, 1, 3, 3, 9])).toBeCloseTo(0.763157894736842, 12);
  expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeNaN();
});
