/** When another model is opened for the guarantee beside the reader's own, and that nothing of the reader's waits for it. */
import { expect, test } from "vitest";
import { NewestWins } from "../../host/newestWins.ts";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { defaultSpec } from "../defaultSpec.ts";
import { runExperiment } from "../run.ts";
import type { ExperimentSpec } from "../spec.ts";

const base = defaultSpec();
const spec: ExperimentSpec = {
  ...base,
  stack: [],
  certificate: {
    ...base.certificate,
    enabled: true,
    maxSamples: 100,
    beside: { model: "noise", sigma: 0.25, l2: 0.1 },
  },
};

test("the second model is asked for once both answers and their numbers are out, and by no preview", async () => {
  const around = labAround(fakeModel());
  const told: string[] = [];
  const context = {
    ...around,
    system: (id: string, precision: "int8") => {
      if (id === "noise") told.push("opened");
      return around.system(id, precision);
    },
  };
  for await (const event of runExperiment(spec, "preview", context)) void event;
  expect(told).toEqual([]);
  for await (const event of runExperiment(spec, "full", context)) {
    if (event.type === "stage") told.push(event.stage);
  }
  const before = told.slice(0, told.indexOf("opened"));
  expect(before).toEqual(expect.arrayContaining(["clean", "disturbed", "readout", "metrics"]));
  expect(before).not.toContain("certificate");
});

test("a newer request does not wait for a model that is still being opened", async () => {
  const requests = new NewestWins();
  const around = labAround(fakeModel());
  let opening = (): void => {};
  const opened = new Promise<void>((resolve) => {
    opening = resolve;
  });
  const system: typeof around.system = (id, precision) => {
    if (id !== "noise") return around.system(id, precision);
    opening();
    // A model on a slow line: it never comes.
    return new Promise(() => {});
  };
  const first = requests.submit(async (signal) => {
    for await (const event of runExperiment(spec, "full", { ...around, system, signal }))
      void event;
    return "whole";
  });
  await opened;
  const second = requests.submit(async (signal) => {
    const stages: string[] = [];
    for await (const event of runExperiment(spec, "preview", { ...around, system, signal })) {
      if (event.type === "stage") stages.push(event.stage);
    }
    return stages;
  });
  expect(await second).toContain("readout");
  expect(await first).toBeUndefined();
});
