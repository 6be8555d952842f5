import { describe, expect, test } from "vitest";
import { randomStream } from "../numerics/random.ts";
import { expose } from "./detector.ts";
import { renderPhantom } from "./phantom.ts";
import { gridOf } from "./projection.ts";
import { sd } from "../testing/spread.ts";
import type { PatientParams } from "./spec.ts";

const at160 = (patient: Partial<PatientParams>) =>
  renderPhantom({ seed: 12, findings: [], patient }, 160);

describe("noise", () => {
  /** Display values of a featureless slab of line integral 3. */
  function slab(dose: number): Float32Array {
    const grid = gridOf(128);
    const path = new Float32Array(128 * 128).fill(3);
    return expose(
      grid,
      { path, healthyPath: path.slice() },
      { low: 2, high: 4, photons: 4e5 * dose, scatterShare: 0, blurMm: 0.5 },
      randomStream(1, "test slab"),
    );
  }

  test("sd on a slab is that of counting photons, in the log domain: slope of the curve / sqrt(N)", () => {
    for (const dose of [0.1, 0.25, 1, 2]) {
      const counts = 4e5 * dose * Math.exp(-3);
      // The curve is straight between toe and shoulder: 0.86 of the range over a window of 2; read-out adds 9 photons.
      const expected = ((0.86 / 2) * Math.sqrt(counts + 81)) / counts;
      expect(Math.abs(sd(slab(dose)) / expected - 1)).toBeLessThan(0.03);
    }
  });

  test("sd in a whole phantom falls with the square root of the dose within 10 %", () => {
    const at = (exposure: number) => at160({ exposure, collimation: 0 }).image;
    const lung = at160({ collimation: 0 }).masks.get("rightLung")!;
    const [low, middle, high] = [at(0.5), at(1), at(2)];
    const inLung = (a: Float32Array, b: Float32Array) =>
      sd(a.map((v, k) => v - b[k]!).filter((_, k) => lung[k] === 1));
    // One noise realisation, scaled: differences are sigma * (1/sqrt(d1) - 1/sqrt(d2)), whose ratio is sqrt(2).
    expect(Math.abs(inLung(low, middle) / inLung(middle, high) / Math.SQRT2 - 1)).toBeLessThan(0.1);
  });
});

test("noise of the display is larger behind the mediastinum than behind the lung", () => {
  const at = (exposure: number) =>
    renderPhantom({ seed: 12, findings: [], patient: { exposure } }, 224);
  const [low, high] = [at(0.5), at(1)];
  const behind = (mask: Float32Array) =>
    sd(low.image.map((v, k) => v - high.image[k]!).filter((_, k) => mask[k] === 1));
  expect(behind(low.masks.get("heart")!)).toBeGreaterThan(
    1.3 * behind(low.masks.get("rightLung")!),
  );
});
