/** Coverage of conformal sets under the worst attack that the theory allows, over drawn studies. */
import { expect, test } from "vitest";
import { normalCdf, normalQuantile } from "../numerics/normal.ts";
import { randomStream } from "../numerics/random.ts";
import { conformalThreshold } from "../metrics/conformal.ts";
import { entersAt, reachable, smoothedScore } from "./smoothedConformal.ts";

test("the threshold moves by r / sigma on the scale of normal quantiles", () => {
  expect(reachable(0.2, 0)).toBeCloseTo(0.2, 12);
  expect(reachable(0.2, 0.5)).toBeCloseTo(normalCdf(normalQuantile(0.2) + 0.5), 12);
  expect(reachable(Infinity, 0.1)).toBe(1);
  // An answer enters where the reachable score meets its own.
  const ratio = entersAt({ lower: 0.6 }, 0.2);
  expect(reachable(0.2, ratio)).toBeCloseTo(0.6, 12);
  expect(entersAt({ lower: 0.1 }, 0.2)).toBe(0);
  expect(entersAt({ lower: 0.9 }, Infinity)).toBe(0);
});

test("an attack that moves the smoothed score as far as it may stays covered; the plain sets do not", () => {
  const [errorRate, beta, ratio, copies, cases] = [0.2, 0.02, 1, 24, 30];
  const STUDIES = 2000;
  // Draws are 0 or 1, so a bound depends on their count alone.
  const known = new Map<number, ReturnType<typeof smoothedScore>>();
  const scoreOf = (draws: readonly number[]) => {
    const ones = draws.reduce((a, b) => a + b, 0);
    const score = known.get(ones) ?? smoothedScore(draws, beta);
    known.set(ones, score);
    return score;
  };
  let missed = 0;
  let missedPlainly = 0;
  let wholeSets = 0;
  for (let study = 0; study < STUDIES; study++) {
    const random = randomStream(study, "smoothed sets");
    // A half-space as base: the score is 0 on one side and 1 on the other, its average is the share of noise beyond.
    const average = () => 0.02 + 0.3 * random.uniform() ** 3;
    const draws = (mean: number) =>
      Array.from({ length: copies }, () => (random.chance(mean) ? 1 : 0));
    const calibration = Array.from({ length: cases }, () => draws(average()));
    const upper = calibration.map((each) => scoreOf(each).upper);
    const threshold = conformalThreshold(upper, errorRate - 2 * beta);
    const own = average();
    const attacked = draws(normalCdf(normalQuantile(own) + ratio));
    const { lower } = scoreOf(attacked);
    if (lower > reachable(threshold, ratio)) missed++;
    if (reachable(threshold, ratio) >= 1) wholeSets++;
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    if (mean(attacked) > conformalThreshold(calibration.map(mean), errorRate)) missedPlainly++;
  }
  expect(missed / STUDIES).toBeLessThan(errorRate);
  expect(missedPlainly / STUDIES).toBeGreaterThan(2 * errorRate);
  // Not by taking every answer.
  expect(wholeSets).toBe(0);
});
