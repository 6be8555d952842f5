/** The calibrated severities belong to the perturbations there are, and say what they promise. */
import { expect, test } from "vitest";
import { greyImage } from "../image/greyImage.ts";
import { ssim } from "../image/ssim.ts";
import { renderPhantom } from "../phantom/phantom.ts";
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

test("what was measured of the likeness is what these strengths do", () => {
  const picture = renderPhantom({ seed: 31, findings: [] }, SIDE).image.slice();
  const grey = (data: Float32Array) => greyImage(data, SIDE, SIDE);
  for (const id of ["gaussianNoise", "gamma", "gridLines", "scatter"] as const) {
    const { strengths, ssim: alike } = SEVERITIES.perturbations[id]!;
    const params = { [PERTURBATIONS[id].strength]: strengths[2] };
    const made = PERTURBATIONS[id].apply(picture, size, params, 1);
    expect(Math.abs(ssim(grey(picture), grey(made)) - alike[2]!)).toBeLessThan(0.05);
  }
});
