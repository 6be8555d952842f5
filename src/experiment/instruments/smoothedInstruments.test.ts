import { expect, test } from "vitest";
import { measured, quantity, specWith } from "../../testing/measuredInstrument.ts";
import { averageDistance } from "./copiesCost.ts";

test("the attack on the averaged features never goes below the guarantee, and goes further with its size", async () => {
  const result = await measured(
    specWith("smoothedAttack", { params: { sigma: 0.1, radius: 0.1, steps: 4, copies: 100 } }),
  );
  const attacked = [0, 1, 2].map((k) => quantity(result, `attacked.${k}`).value);
  const bounds = [0, 1, 2].map((k) => quantity(result, `guaranteed.${k}`).value);
  expect(bounds[0]).toBeGreaterThan(0);
  attacked.forEach((value, k) => {
    if (Number.isFinite(bounds[k]!)) expect(value).toBeGreaterThanOrEqual(bounds[k]!);
  });
  // It did something, and more with a larger ball.
  expect(attacked[2]).toBeLessThan(attacked[1]!);
  expect(attacked[1]).toBeLessThan(attacked[0]!);
  expect(attacked[0]).toBeLessThan(1);
  expect(result.statement).toContain("did not break the guarantee");
});

test("an average of n0 unit features lies as near its expectation as McDiarmid says (methods 1.3)", () => {
  // N = .9, delta = .001: n0 = 8 gives .154 + 1.314, n0 = 1000 gives .014 + .118.
  expect(averageDistance(8, 0.9)).toBeCloseTo(0.154 + 1.314, 3);
  expect(averageDistance(1000, 0.9)).toBeCloseTo(0.0138 + 0.1175, 3);
});

test("the running mean of the averaged features converges as 1 / sqrt(n0), and its interval narrows", async () => {
  const result = await measured(specWith("copiesCost", { params: { sigma: 0.25, copies: 256 } }));
  const width = result.plots!.find(({ id }) => id === "width")!;
  if (width.kind !== "lines") throw new Error("no lines");
  const [interval, apart] = width.series;
  expect(Array.from(interval!.x)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
  expect(interval!.y.at(-1)).toBeLessThan(0.5 * interval!.y[4]!);
  // From 4 to 64 copies the distance falls by 4, give or take the chance of one draw.
  const fall = apart!.y[2]! / apart!.y[6]!;
  expect(fall).toBeGreaterThan(1.8);
  expect(fall).toBeLessThan(9);
  expect(quantity(result, "promised.8").value).toBeGreaterThan(1);
  expect(result.statement).toContain("no guarantee at all");
});
