/** The calibrated severities belong to the perturbations there are, and say what they promise. */
import { expect, test } from "vitest";
import { grayImage, snapToByteLattice } from "../image/grayImage.ts";
import { ssim } from "../image/ssim.ts";
import { mean } from "../numerics/sums.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import { sampleSpec } from "../phantom/sample.ts";
import { PERTURBATIONS } from "./registry.ts";
import type { PerturbationId } from "./registry.ts";
import { LIMITS, SEVERITIES } from "./severities.ts";

const ids = Object.keys(PERTURBATIONS) as PerturbationId[];
const SIDE = 224;

test("every perturbation has five, made with the limits that stand in the code", () => {
  expect(Object.keys(SEVERITIES.perturbations)).toEqual(ids);
  expect(SEVERITIES.limits).toEqual(LIMITS);
  expect(SEVERITIES.answers).toBeGreaterThan(0);
});

test.each(ids)(
  "%s: rising strengths inside its range, none with more turned answers than allowed",
  (id) => {
    const { strengths, ssim: alike, flips } = SEVERITIES.perturbations[id]!;
    const { max, step } = PERTURBATIONS[id].params[PERTURBATIONS[id].strength]!;
    for (const list of [strengths, alike, flips]) expect(list).toHaveLength(5);
    strengths.forEach((strength, k) => {
      expect(strength).toBeGreaterThan(strengths[k - 1] ?? 0);
      expect(strength).toBeLessThanOrEqual(max);
      expect(Math.abs(strength / step - Math.round(strength / step))).toBeLessThan(1e-6);
    });
    alike.forEach((value, k) => expect(value).toBeLessThan((alike[k - 1] ?? 1) + 1e-3));
  },
);

const size = { width: SIDE, height: SIDE };

test.each(["gaussianNoise", "gridLines", "scatter"] as const)(
  "%s: the likeness that was measured is had again",
  (id) => {
    const { strengths, ssim: alike } = SEVERITIES.perturbations[id]!;
    const params = { [PERTURBATIONS[id].strength]: strengths[2] };
    const gray = (data: Float32Array) => grayImage(data, SIDE, SIDE);
    const found = Array.from({ length: SEVERITIES.phantoms }, (_, k) => {
      const phantom = sampleSpec(SEVERITIES.firstSeed + k);
      const picture = renderPhantom(phantom, SIDE).image.slice();
      snapToByteLattice(picture);
      const made = PERTURBATIONS[id].apply(picture, size, params, 1 + k);
      snapToByteLattice(made);
      return ssim(gray(picture), gray(made));
    });
    expect(mean(found)).toBeCloseTo(alike[2]!, 3);
  },
);
