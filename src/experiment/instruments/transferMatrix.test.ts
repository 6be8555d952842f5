/** The matrix on models whose outcome is known: a twin takes over every attack, and a model that never answers otherwise none. */
import { expect, test } from "vitest";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { modelSystem } from "../../system/modelSystem.ts";
import type { System } from "../../system/system.ts";
import { defaultSpec } from "../defaultSpec.ts";
import type { StageResults } from "../results.ts";
import { runExperiment } from "../run.ts";
import type { AttackItem, ExperimentSpec } from "../spec.ts";

const ATTACK: AttackItem = {
  id: "a",
  type: "attack",
  attack: "apgd",
  enabled: true,
  seed: 1,
  norm: "linf",
  epsilon: 8,
  steps: 10,
  restarts: 1,
  goal: { kind: "untargeted" },
};

async function run(change: Partial<ExperimentSpec>, others?: (id: string) => System) {
  const opening = defaultSpec();
  const spec: ExperimentSpec = {
    ...opening,
    stack: [ATTACK],
    certificate: { ...opening.certificate, enabled: false },
    instruments: [
      { instrument: "transferMatrix", enabled: true, seed: 1, params: { epsilon: 8, steps: 10 } },
    ],
    ...change,
  };
  const lab = labAround(fakeModel());
  const context = {
    ...lab,
    system: async (id: string, precision: "int8") =>
      id === spec.model.id || !others ? lab.system(id, precision) : others(id),
  } as typeof lab;
  const results: Partial<StageResults> = {};
  for await (const event of runExperiment(spec, "full", context)) {
    if (event.type === "stage") Object.assign(results, { [event.stage]: event.payload });
  }
  return results as StageResults;
}

const valueOf = (results: StageResults, id: string) =>
  results["instrument:transferMatrix"]!.quantities.find((q) => q.id === id)?.value;

test("twins share every attack, and the diagonal is the attack that the stack makes", async () => {
  const results = await run({});
  const flipped = results.metrics.flipped ? 1 : 0;
  for (const from of ["base", "noise", "robust"]) {
    for (const to of ["base", "noise", "robust"]) {
      expect(valueOf(results, `${from}To${to}`)).toBe(flipped);
    }
  }
  expect(valueOf(results, "ownFlips")).toBe(flipped);
  expect(valueOf(results, "transferRate")).toBe(flipped);
  const [heat] = results["instrument:transferMatrix"]!.plots!;
  expect(heat).toMatchObject({ kind: "heat", rows: heat!.kind === "heat" ? heat!.columns : [] });
  expect(heat!.kind === "heat" && heat!.values.every((lost) => lost > 0)).toBe(true);
});

test("what another model does not see does not carry over to it", async () => {
  const still = (id: string): System => {
    const system = modelSystem(id, fakeModel(), async () => {});
    const blank = new Float32Array(system.size * system.size).fill(0.5);
    return { ...system, read: (_image, wordings) => system.read(blank, wordings) };
  };
  const results = await run({}, still);
  const { model } = defaultSpec();
  expect(valueOf(results, `${model.id}To${model.id}`)).toBe(results.metrics.flipped ? 1 : 0);
  for (const to of ["base", "noise", "robust"].filter((id) => id !== model.id)) {
    expect(valueOf(results, `${model.id}To${to}`)).toBe(0);
  }
});
