/** The examples of the repository run, and show what they are named after. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { openExperiment } from "../experiment/openExperiment.ts";
import type { StageResults } from "../experiment/results.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { provableCase } from "../state/provableCase.ts";
import { nodeLab } from "./nodeLab.ts";

const FOLDER = path.join(import.meta.dirname, "../../examples");

const example = (name: string): ExperimentSpec =>
  openExperiment(readFileSync(path.join(FOLDER, `${name}.json`), "utf8")).spec;

async function run(spec: ExperimentSpec): Promise<Partial<StageResults>> {
  const stages: Partial<StageResults> = {};
  for await (const event of nodeLab().run(spec, "full", { aborted: false })) {
    if (event.type === "stage") Object.assign(stages, { [event.stage]: event.payload });
  }
  return stages;
}

test("every example is an experiment, and the opening case is the page's", () => {
  const names = readdirSync(FOLDER)
    .filter((file) => !file.startsWith("study-"))
    .map((file) => path.basename(file, ".json"));
  expect(names).toContain("opening-case");
  for (const name of names) expect(example(name).version).toBe(defaultSpec().version);
  expect(example("opening-case")).toEqual(defaultSpec());
});

test("natural noise moves the picture further than the opening attack and turns nothing", async () => {
  const { metrics } = await run(example("natural-noise"));
  expect(metrics?.flipped).toBe(false);
  expect(metrics?.l2).toBeGreaterThan(4);
}, 120_000);

test("a small budget lies inside the guarantee of the noise-trained model, also by the page's button", async () => {
  const spec = example("guarantee-that-holds");
  const { certificate, metrics } = await run({
    ...spec,
    certificate: { ...spec.certificate, maxSamples: 200 },
  });
  expect(metrics?.l2).toBeLessThanOrEqual(0.3);
  expect(certificate?.radius).toBeGreaterThan(0.3);
  expect(certificate?.atStack.toSmoothedClean).toBeGreaterThan(0.3);

  const shown = provableCase(defaultSpec());
  const enabled = shown.stack.filter((item) => item.enabled);
  expect(shown.model).toEqual(spec.model);
  expect(shown.certificate.sigma).toBe(spec.certificate.sigma);
  expect(enabled).toMatchObject([{ attack: "pgd", norm: "l2", epsilon: 0.3 }]);
  const held = await run({ ...shown, certificate: { ...shown.certificate, maxSamples: 200 } });
  expect(held.certificate?.atStack.toSmoothedClean).toBeGreaterThan(0.3);
}, 240_000);

test("a black-box attack needs no gradient", async () => {
  const spec = example("black-box");
  const stack = spec.stack.map((item) => ({ ...item, ...("queries" in item && { queries: 60 }) }));
  const { disturbed } = await run({ ...spec, stack });
  expect(disturbed?.items[0]?.trace).toMatchObject({ access: "query", gradientPasses: 0 });
}, 120_000);
