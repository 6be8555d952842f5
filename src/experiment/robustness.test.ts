/** The survival of answers under attack, on a model whose margin is known in closed form. */
import { expect, test } from "vitest";
import { fakeModel } from "../testing/fakeModel.ts";
import { modelSystem } from "../system/modelSystem.ts";
import { SURVIVAL_ATTACKS, survival, survivalCases } from "./robustness.ts";

test("cases are balanced, about what the phantom has and has not, and the same every time", () => {
  const cases = survivalCases(20, 5_010_000);
  expect(survivalCases(20, 5_010_000)).toEqual(cases);
  expect(cases.filter(({ truth }) => truth === "yes")).toHaveLength(10);
  for (const { phantom, finding, truth } of cases) {
    expect(phantom.findings.some(({ kind }) => kind === finding)).toBe(truth === "yes");
  }
  expect(new Set(cases.map(({ phantom }) => phantom.seed)).size).toBe(20);
});

test("an answer that is right survives until the ball is wide enough, and a wrong one never does", async () => {
  const cases = survivalCases(3, 5_010_000);
  const read = (k: number, epsilon: number) =>
    survival(
      modelSystem("fake", fakeModel(), async () => {}),
      cases[k]!,
      epsilon,
      async () => {},
    );
  expect(SURVIVAL_ATTACKS).toHaveLength(2);
  // The fake model's margin is linear in the pixels: what PGD leaves, nothing flips.
  expect(await read(2, 1)).toMatchObject({ clean: true, after: [true, true] });
  expect(await read(2, 4)).toMatchObject({ clean: true, after: [false, false] });
  expect(await read(0, 1)).toMatchObject({ clean: false, after: [false, false] });
});
