/** Explanations through an experiment, on a model whose margin is linear: the right maps are known. */
import { expect, test } from "vitest";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { defaultSpec } from "../defaultSpec.ts";
import type { InstrumentResult } from "../instruments/instrumentResult.ts";
import { runExperiment } from "../run.ts";
import type { AttackItem, InstrumentItem } from "../spec.ts";
import { EXPLAINERS } from "./explainers.ts";

const QUESTION = "Is there a pleural effusion?";
const attack: AttackItem = {
  id: "a",
  type: "attack",
  attack: "pgd",
  enabled: true,
  seed: 1,
  norm: "linf",
  epsilon: 8,
  steps: 4,
  relativeStep: 0.5,
  restarts: 1,
  goal: { kind: "untargeted" },
};

async function results(
  instrument: string,
  params: InstrumentItem["params"] = {},
  stack: readonly AttackItem[] = [attack],
) {
  const model = fakeModel();
  const spec = {
    ...defaultSpec(),
    question: QUESTION,
    stack,
    relevance: { enabled: false },
    certificate: { ...defaultSpec().certificate, enabled: false },
    instruments: [{ instrument, enabled: true, seed: 1, params }],
  };
  const found: InstrumentResult[] = [];
  let image: Float32Array = new Float32Array();
  for await (const event of runExperiment(spec, "full", labAround(model))) {
    if (event.type !== "stage") continue;
    if (event.stage === "input") ({ image } = event.payload);
    if (event.stage === `instrument:${instrument}`) found.push(event.payload as InstrumentResult);
  }
  const last = found.at(-1)!;
  const value = (id: string) => last.quantities.find((q) => q.id === id)?.value ?? NaN;
  return { found, last, value, image, model };
}

/** The margin of the fake model: features are block means of 4 x 4 pixels. */
function margin(image: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < 64; k++) {
    let mean = 0;
    for (let p = 0; p < 16; p++) {
      const y = 4 * Math.floor(k / 8) + Math.floor(p / 4);
      mean += image[32 * y + 4 * (k % 8) + (p % 4)]! / 16;
    }
    sum += (mean * Math.sin(3 * k + 1)) / 4;
  }
  return 2 * (sum - 0.02);
}

test("integrated gradients of a linear margin are exact, cell by cell, and add up", async () => {
  const { last, value, image } = await results("integratedGradients", { baseline: 0, steps: 4 });
  const sign = Math.sign(margin(image));
  const { grid, data } = last.maps![0]!;
  expect(grid).toEqual([8, 8]);
  data.forEach((weight, k) => {
    const only = new Float32Array(1024);
    for (let p = 0; p < 16; p++) {
      const at = 32 * (4 * Math.floor(k / 8) + Math.floor(p / 4)) + 4 * (k % 8) + (p % 4);
      only[at] = image[at]!;
    }
    const share = sign * (margin(only) - margin(new Float32Array(1024)));
    expect(weight).toBeCloseTo(Math.max(0, share), 5);
  });
  expect(value("incompleteness.clean")).toBeLessThan(1e-4);
  expect(value("ssim")).toBeLessThan(1);
});

test("occlusion of single cells finds what integrated gradients find where the score is linear", async () => {
  const settings = { cells: 8, window: 1, substrate: 0 };
  const covered = await results("occlusion", settings);
  const added = await results("integratedGradients", { baseline: 0, steps: 4 });
  const [a, b] = [covered, added].map(({ last }) => last.maps![0]!.data);
  a!.forEach((weight, i) => expect(weight).toBeCloseTo(b![i]!, 4));
});

test("an undisturbed picture has one map, and it says so", async () => {
  const { last, value } = await results("rise", { masks: 50 }, []);
  expect(value("ssim")).toBe(1);
  expect(last.statement).toContain("Nothing disturbs the picture");
  expect(last.maps![0]!.data).toEqual(last.maps![1]!.data);
});

test("what a model can't show is said by name, with nothing else", async () => {
  const { last } = await results("gradCam");
  expect(last.obstacle).toContain("needs the model's inside");
  expect(last.quantities).toEqual([]);
});

test("a map that is right by construction beats a random order, and curves begin and end at whole pictures", async () => {
  const occlusion = EXPLAINERS.findIndex(({ id }) => id === "occlusion");
  const { found, last, value } = await results("faithfulness", { method: occlusion, steps: 8 });
  // One result for each way to fill the holes, the last with all three.
  expect(found.map(({ quantities }) => quantities.length)).toEqual([7, 14, 21]);
  for (const substrate of ["black", "mean"]) {
    expect(value(`deletion.${substrate}`)).toBeLessThan(value(`deletionByChance.${substrate}`));
    expect(value(`insertion.${substrate}`)).toBeGreaterThan(
      value(`insertionByChance.${substrate}`),
    );
  }
  const [deletion, insertion] = last.plots!.map((plot) =>
    plot.kind === "lines" ? plot : undefined,
  );
  const own = deletion!.series[0]!.y;
  const shown = insertion!.series[0]!.y;
  expect(own[0]).toBeCloseTo(shown.at(-1)!, 6);
  expect(own.at(-1)).toBeCloseTo(shown[0]!, 6);
  // The control starts and ends where the map's own curve does.
  expect(deletion!.series[1]!.y[0]).toBe(own[0]);
});
