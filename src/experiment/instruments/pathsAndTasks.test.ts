/** Maps along an attack, every kind of task, and sets that hold under attack, on the model that can be computed by hand. */
import { expect, test } from "vitest";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { measured, quantity, specWith } from "../../testing/measuredInstrument.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { defaultSpec } from "../defaultSpec.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { runExperiment } from "../run.ts";
import { EXPLAINERS } from "../explain/explainers.ts";

const attack = defaultSpec().stack.find(({ type }) => type === "attack")!;
const OCCLUSION = EXPLAINERS.findIndex(({ id }) => id === "occlusion");

test("faithfulness is tested at pictures of the attack's path, the first and the last among them", async () => {
  const params = { method: OCCLUSION, pictures: 3, steps: 4 };
  const result = await measured(specWith("faithfulnessPath", { params }, { stack: [attack] }));
  const { rows } = result.tables!.find(({ id }) => id === "path")!;
  expect(rows).toHaveLength(3);
  const steps = rows.map(([step]) => Number(step));
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  expect(steps[2]).toBeGreaterThan(steps[0]!);
  expect(quantity(result, "faithful").n).toBe(3);
  for (const [, answer, probability, ...areas] of rows) {
    expect(["yes", "no"]).toContain(answer);
    expect(Number(probability)).toBeGreaterThanOrEqual(0.5);
    for (const area of areas) expect(Number(area)).toBeGreaterThanOrEqual(0);
  }
  // Of a linear model single cells say all: the map beats chance on the clean picture's neighbour.
  const [, , , deletion, deletionByChance, insertion, insertionByChance] = rows[0]! as number[];
  expect(deletion).toBeLessThan(deletionByChance!);
  expect(insertion).toBeGreaterThan(insertionByChance!);
});

test("without an attack there is no path", async () => {
  const params = { method: OCCLUSION };
  const result = await measured(specWith("faithfulnessPath", { params }, { stack: [] }));
  expect(result.obstacle).toContain("no attack");
});

test("each kind of task counts what was right before and is wrong after, and nothing changes undisturbed", async () => {
  const still = await measured(specWith("taskHeads", { params: { archive: 10 } }, { stack: [] }));
  for (const [, , changed] of still.tables!.find(({ id }) => id === "kinds")!.rows)
    expect(changed).toBe(0);
  expect(quantity(still, "changed.sentences").value).toBeNaN();
  expect(still.statement).toContain("no text encoder");

  const moved = await measured(
    specWith(
      "taskHeads",
      { params: { archive: 10 } },
      { stack: [{ ...attack, epsilon: 16 } as typeof attack] },
    ),
  );
  const { rows } = moved.tables!.find(({ id }) => id === "kinds")!;
  expect(rows.map(([name]) => name)).toHaveLength(4);
  for (const [, asked, changed, right, wrong] of rows as [
    string,
    number,
    number,
    number,
    number,
  ][]) {
    expect(wrong).toBeLessThanOrEqual(right);
    expect(right).toBeLessThanOrEqual(asked);
    expect(wrong).toBeLessThanOrEqual(changed);
  }
  const changes = moved.tables!.find(({ id }) => id === "changed")!.rows;
  expect(changes.length).toBeGreaterThan(0);
  for (const [, before, after] of changes) expect(before).not.toBe(after);
});

test("sets under attack grow with the size of the change, and are recomputed from the recorded scores", async () => {
  const recorded = new Map<string, Tensor>();
  const context = labAround(fakeModel(), {
    record: (name, tensor) => void recorded.set(name, tensor),
  });
  const run = (radius: number) =>
    measured(
      specWith("smoothedSets", { params: { cases: 20, copies: 16, sigma: 0.1, radius } }),
      context,
    );
  const [none, some] = [await run(0), await run(0.3)];
  expect(quantity(none, "limit").value).toBeCloseTo(quantity(none, "threshold").value, 12);
  expect(quantity(some, "limit").value).toBeGreaterThanOrEqual(quantity(none, "limit").value);
  for (const id of ["set.clean", "set.disturbed"]) {
    expect(quantity(some, id).value).toBeGreaterThanOrEqual(quantity(none, id).value);
  }
  const upper = Array.from(
    recorded.get("instrument.smoothedSets.upperScores")!.data as Float32Array,
  ).toSorted((a, b) => a - b);
  // Shown as soon as the phantoms suffice for the rate, ceil(1 / .08) - 1 = 12, and every sixth after that.
  const early: number[] = [];
  const fresh = labAround(fakeModel());
  const params = { cases: 20, copies: 16, sigma: 0.1, radius: 0.3 };
  for await (const event of runExperiment(specWith("smoothedSets", { params }), "full", fresh)) {
    if (event.type !== "stage" || event.stage !== "instrument:smoothedSets") continue;
    const { n } = quantity(event.payload as InstrumentResult, "limit");
    if (event.partial) early.push(n!);
  }
  expect(early).toEqual([12, 18]);
  // ceil(21 * (1 - .08)) = 20 of 20: the largest.
  expect(upper).toHaveLength(20);
  expect(quantity(none, "threshold").value).toBeCloseTo(upper[19]!, 6);
});
