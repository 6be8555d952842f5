/** The examples of the repository run, and show what they are named after. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { openExperiment } from "../experiment/openExperiment.ts";
import type { StageResults } from "../experiment/results.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { attentionLoss, weighedCells } from "../model/attentionLoss.ts";
import type { AttentionLayer } from "../model/visionLanguageModel.ts";
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

test("attention is driven off the finding that the answer is about", async () => {
  const { input, clean, disturbed, readout } = await run(example("attention-off-the-finding"));
  const trace = disturbed!.items[0]!.trace!;
  expect(trace).toMatchObject({ lossName: "minus the attention in the mask", gradient: "exact" });
  // The trace's number is the share that the page shows: what the answer pays to the finding, mean over heads and layers.
  const finding = input!.truth!.masks["effusion"]!;
  const shareIn = (attention: readonly AttentionLayer[]) => {
    const cross = attention.filter(({ kind }) => kind === "cross");
    const maps = cross.map(({ maps: data, heads, grid }) => ({
      data,
      weighed: weighedCells(
        finding.map((cover) => (cover >= 0.5 ? 1 : 0)),
        heads,
        grid,
      ),
    }));
    return attentionLoss({ loss: "mass", aim: "towards" }, maps);
  };
  expect(shareIn(clean!.attention)).toBeCloseTo(-trace.loss[0]!, 4);
  expect(shareIn(readout!.attention)).toBeCloseTo(-trace.bestLoss.at(-1)!, 4);
  expect(shareIn(readout!.attention)).toBeLessThan(0.7 * shareIn(clean!.attention));
}, 120_000);

test("a text of one's own becomes more likely", async () => {
  const { disturbed } = await run(example("text-of-my-own"));
  const { loss, bestLoss, lossName, lossUnit } = disturbed!.items[0]!.trace!;
  expect([lossName, lossUnit]).toEqual(["log-likelihood of the text", "nats"]);
  expect(bestLoss.at(-1)).toBeGreaterThan(loss[0]! + 2);
  expect(bestLoss.at(-1)).toBeLessThan(0);
}, 120_000);
