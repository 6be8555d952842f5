import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalCdf, normalQuantile } from "../numerics/normal.ts";
import { bestCosineBound, cosineBound, radiusForCosine } from "./featureCosine.ts";

describe("cosineBound", () => {
  // Computed with NumPy/SciPy, the strip bound with 200,000 directions.
  test.each([
    [0.8, 0.25, 0.4459, 0.9443, 0.94432],
    [0.8, 0.5, 0.2674, 0.7699, 0.76986],
    [0.9, 0.5, 0.5655, 0.878, 0.878],
    [0.9, 1, 0.2217, 0.5213, 0.52132],
    [0.94, 0.5, 0.7085, 0.9004, 0.90609],
    [0.95, 0.25, 0.8369, 0.9756, 0.97876],
    [0.95, 0.5, 0.7477, 0.905, 0.915],
    [0.95, 1, 0.481, 0.6516, 0.66365],
    [0.99, 0.5, 0.9322, 0.9205, 0.96881],
    [0.99, 1, 0.8153, 0.7174, 0.85786],
  ])("S = %d, eps/sigma = %d", (score, ratio, a, b, c) => {
    expect(cosineBound(score, ratio, "A")).toBeCloseTo(a, 4);
    expect(cosineBound(score, ratio, "B")).toBeCloseTo(b, 4);
    expect(Math.abs(cosineBound(score, ratio, "C") - c)).toBeLessThan(1e-5);
  });

  test("a smoothed feature of length .829 at half a sigma: .887 by the angle, .616 by the score", () => {
    const score = (1 + 0.829) / 2;
    expect(cosineBound(score, 0.5, "B")).toBeCloseTo(0.887, 3);
    // The length is given to three digits.
    expect(Math.abs(cosineBound(score, 0.5, "A") - 0.616)).toBeLessThan(0.0015);
  });

  test("encoders of two values over a half-space never get below .9795 where the length is .9, at half a sigma", () => {
    let least = 1;
    for (let p = 0.01; p < 1; p += 0.001) {
      // Angle between the two values that gives the smoothed feature a length of .9.
      const along = (0.81 - p * p - (1 - p) ** 2) / (2 * p * (1 - p));
      if (along < -1 || along > 1) continue;
      const across = Math.sqrt(1 - along * along);
      const mean = (q: number) => [q + (1 - q) * along, (1 - q) * across] as const;
      const q = normalCdf(normalQuantile(p) - 0.5);
      const [[ax, ay], [bx, by]] = [mean(p), mean(q)];
      least = Math.min(least, (ax * bx + ay * by) / (Math.hypot(ax, ay) * Math.hypot(bx, by)));
    }
    expect(least).toBeCloseTo(0.9795, 3);
    expect(cosineBound(0.95, 0.5, "C")).toBeLessThan(least);
  });

  test.each([
    [0.096, -1.29],
    [0.373, -0.34],
  ])(
    "a head whose mean feature is certified to %d sigma cannot be certified by the score: %d",
    (mean, expected) => {
      // Methods 1.4: <u, w> of the head from its own radius; the simulated heads' score is .954. The answer holds while form A's
      // cosine is above sqrt(1 - <u, w>^2).
      const along = 2 * normalCdf(mean) - 1;
      const cosine = Math.sqrt(1 - along * along);
      expect(normalQuantile(0.954) - normalQuantile((1 + cosine) / 2)).toBeCloseTo(expected, 1);
      expect(radiusForCosine(0.954, cosine, "A")).toBe(0);
    },
  );

  test("is vacuous where it would be negative", () => {
    // S = .6, eps/sigma = .5 gives -.195 for form A; an encoder with antipodal half-spaces really reaches -1.
    for (const form of ["A", "B", "C"] as const) {
      expect(cosineBound(0.6, 0.5, form)).toBeNaN();
      expect(cosineBound(0.5, 0.1, form)).toBeNaN();
      expect(cosineBound(0.3, 0, form)).toBeNaN();
      expect(cosineBound(0.9, -0.1, form)).toBeNaN();
    }
  });

  // Of the two closed forms the first is the better one only for scores near 1.
  test.each([
    [0.25, 0.995],
    [0.5, 0.988],
    [1, 0.979],
  ])("at eps/sigma = %d form A passes form B from S = %d on", (ratio, score) => {
    const lead = (s: number) => cosineBound(s, ratio, "A") - cosineBound(s, ratio, "B");
    expect(lead(score - 0.001)).toBeLessThan(0);
    expect(lead(score + 0.001)).toBeGreaterThan(0);
  });

  test("a constant encoder keeps cosine 1 at any distance, an unmoved image cosine 1 to itself", () => {
    expect(cosineBound(1, 5, "A")).toBe(1);
    expect(cosineBound(0.8, 0, "B")).toBe(1);
    expect(cosineBound(0.8, 0, "C")).toBeGreaterThan(0.9999);
  });

  test("the strip bound is never below the other two, up to its rounding down", () => {
    // It is rounded down by its step between directions: at most half a degree of angle, which only shows where the cosine
    // is all but 0 and falls with an infinite slope (there it may say nothing while form B still says .008).
    const halfDegree = Math.PI / 360;
    const angle = (cosine: number) => (Number.isNaN(cosine) ? Math.PI / 2 : Math.acos(cosine));
    fc.assert(
      fc.property(
        fc.double({ min: 0.55, max: 0.999, noNaN: true }),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        (score, ratio) => {
          const c = cosineBound(score, ratio, "C");
          for (const form of ["A", "B"] as const) {
            const other = cosineBound(score, ratio, form);
            expect(angle(c)).toBeLessThan(angle(other) + halfDegree);
            if (other > 0.1) expect(c).toBeGreaterThan(other - 1e-4);
          }
        },
      ),
      // The two edges: form B at its last certified distance, where this test once failed by chance.
      {
        numRuns: 60,
        examples: [
          [0.55, 0.12554667369800548],
          [0.9718296967794003, 1.9083767029703882],
        ],
      },
    );
  });

  test("a better score never certifies less, a larger distance never more", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, unit, unit, (s1, s2, r1, r2) => {
        const [worse, better] = [0.5 + Math.min(s1, s2) / 2, 0.5 + Math.max(s1, s2) / 2];
        const [near, far] = [Math.min(r1, r2), Math.max(r1, r2)];
        for (const form of ["A", "B", "C"] as const) {
          const low = cosineBound(worse, far, form);
          if (Number.isNaN(low)) continue;
          expect(cosineBound(better, near, form)).toBeGreaterThan(low - 1e-4);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("only form A speaks about the unsmoothed clean feature", () => {
    expect(bestCosineBound(0.95, 0.5, "clean")).toBe(cosineBound(0.95, 0.5, "A"));
    expect(bestCosineBound(0.95, 0.5, "smoothedClean")).toBe(cosineBound(0.95, 0.5, "C"));
    expect(bestCosineBound(0.6, 0.5, "smoothedClean")).toBeNaN();
  });
});

describe("radiusForCosine", () => {
  test.each([
    [0.95, 0.5, 0.9704, 1.225],
    [0.95, 0.8, 0.3633, 0.7388],
    [0.95, 0, 1.6449, 1.6449],
  ])("S = %d, cosine %d", (score, cosine, a, b) => {
    expect(radiusForCosine(score, cosine, "A")).toBeCloseTo(a, 4);
    expect(radiusForCosine(score, cosine, "B")).toBeCloseTo(b, 4);
    // Rounded down on its 720 directions: 2e-4 at cosine 0, where the bound falls with an infinite slope.
    expect(radiusForCosine(score, cosine, "C")).toBeGreaterThan(Math.max(a, b) - 3e-4);
  });

  test("inverts the bound, and is 0 where nothing holds", () => {
    for (const form of ["A", "B", "C"] as const) {
      const radius = radiusForCosine(0.93, 0.6, form);
      expect(cosineBound(0.93, radius, form)).toBeCloseTo(0.6, 5);
      expect(radiusForCosine(0.5, 0.1, form)).toBe(0);
    }
    expect(radiusForCosine(0.6, 0.9, "A")).toBe(0);
  });
});
