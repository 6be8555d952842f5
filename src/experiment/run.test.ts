import { expect, test } from "vitest";
import { labAround } from "../testing/fakeLab.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import type { FakeModel } from "../testing/fakeModel.ts";
import { defaultSpec } from "./defaultSpec.ts";
import type { RunEvent, StageName, StageResults } from "./results.ts";
import { runExperiment } from "./run.ts";
import type { AttackItem, ExperimentSpec, Fidelity } from "./spec.ts";
import { StageCache } from "./stageCache.ts";

function lab(model: FakeModel = fakeModel()) {
  const around = labAround(model);
  const run = async (
    spec: ExperimentSpec,
    fidelity: Fidelity = "full",
    stopAfter: (event: RunEvent) => boolean = () => false,
  ) => {
    const signal = { aborted: false };
    const events: RunEvent[] = [];
    const context = { ...around, signal };
    for await (const event of runExperiment(spec, fidelity, context)) {
      events.push(event);
      if (stopAfter(event)) signal.aborted = true;
    }
    return events;
  };
  return { model, run };
}

function last<S extends StageName>(events: readonly RunEvent[], stage: S): StageResults[S] {
  const found = events.findLast((e) => e.type === "stage" && e.stage === stage);
  if (found?.type !== "stage") throw new Error(`no ${stage}`);
  return found.payload as StageResults[S];
}

const attack: AttackItem = {
  id: "a",
  type: "attack",
  attack: "pgd",
  enabled: true,
  seed: 1,
  norm: "linf",
  epsilon: 8,
  steps: 6,
  relativeStep: 0.5,
  restarts: 1,
  goal: { kind: "untargeted" },
};

const spec: ExperimentSpec = {
  ...defaultSpec(),
  question: "Is there a pleural effusion?",
  stack: [attack],
  certificate: { enabled: true, sigma: 0.1, alpha: 0.001, maxSamples: 40, seed: 3 },
};

test("an attack stays inside its ball and on the 8-bit lattice, and its best loss never falls", async () => {
  const events = await lab().run(spec);
  const clean = last(events, "input").image;
  const { image, items } = last(events, "disturbed");
  const trace = items[0]!.trace!;
  expect(trace.reached).toBeLessThanOrEqual(8 / 255 + 1e-6);
  trace.bestLoss.reduce((before, now) => {
    expect(now).toBeGreaterThanOrEqual(before);
    return now;
  });
  for (let i = 0; i < image.length; i++) {
    expect(Math.abs(image[i]! - clean[i]!)).toBeLessThanOrEqual(8 / 255 + 1e-6);
    expect(Math.abs(image[i]! * 255 - Math.round(image[i]! * 255))).toBeLessThan(1e-4);
  }
  expect(last(events, "metrics").linf).toBeCloseTo(trace.reached, 6);
});

test("severity 0 and epsilon 0 are exact identities, all the way to the readout", async () => {
  const events = await lab().run({
    ...spec,
    stack: [
      {
        id: "n",
        type: "perturbation",
        perturbation: "gaussianNoise",
        enabled: true,
        seed: 5,
        params: { sigma: 0 },
      },
      { ...attack, epsilon: 0 },
    ],
  });
  expect(last(events, "disturbed").image).toEqual(last(events, "input").image);
  const metrics = last(events, "metrics");
  expect(metrics.featureCosine).toBeCloseTo(1, 7);
  expect([metrics.linf, metrics.l2, metrics.changedShare, metrics.flipped]).toEqual([
    0,
    0,
    0,
    false,
  ]);
  expect(metrics.ssim).toBe(1);
});

test("a slider reruns only what it touches", async () => {
  const { model, run } = lab();
  await run(spec);
  const before = { ...model.calls };
  await run({ ...spec, stack: [{ ...attack, epsilon: 4 }] });
  // One readout of the new picture; the clean side and the certificate come from the cache.
  expect(model.calls.encode - before.encode).toBe(1);
  expect(model.calls.embed).toBe(before.embed);
  const again = { ...model.calls };
  await run({ ...spec, stack: [{ ...attack, epsilon: 4 }] });
  expect(model.calls).toEqual(again);
});

test("a new wording keeps the picture's features", async () => {
  const { model, run } = lab();
  await run({ ...spec, stack: [] });
  const before = model.calls.encode;
  await run({ ...spec, stack: [], question: "Does the radiograph show a pleural effusion?" });
  expect(model.calls.encode).toBe(before);
  expect(model.calls.answer).toBeGreaterThan(0);
});

test("a disabled item and an empty stack are the same picture", async () => {
  const { run } = lab();
  const off = await run({ ...spec, stack: [{ ...attack, enabled: false }] });
  expect(last(off, "disturbed").image).toEqual(last(off, "input").image);
  expect(last(off, "disturbed").items).toEqual([]);
});

test("nothing is sent after a cancel, and the attack stops at its step", async () => {
  const { model, run } = lab();
  const events = await run(spec, "full", (e) => e.type === "progress" && e.attack?.step === 2);
  expect(events.at(-1)?.type).toBe("progress");
  expect(model.calls.lossGradient).toBe(3);
});

test("sampling goes on where a cancelled request left it", async () => {
  const { model, run } = lab();
  const isAt = (n: number) => (e: RunEvent) =>
    e.type === "stage" && e.stage === "certificate" && e.payload.n >= n;
  await run(spec, "full", isAt(10));
  const drawn = model.calls.embed;
  const events = await run(spec);
  const final = last(events, "certificate");
  expect(final.n).toBe(40);
  expect(model.calls.embed).toBe(20);
  expect(drawn).toBeLessThan(20);
  // The whole of it equals a run that was never stopped.
  const whole = last(await lab().run(spec), "certificate");
  expect(final.score).toBe(whole.score);
  expect(final.scoreLower).toBe(whole.scoreLower);
  expect(final.history.n).toEqual(whole.history.n);
});

test("another confidence and more samples use the draws already made, and give what a fresh run gives", async () => {
  const { model, run } = lab();
  await run(spec);
  const drawn = model.calls.embed;
  const change = { ...spec, certificate: { ...spec.certificate, alpha: 0.05, maxSamples: 60 } };
  const reused = last(await run(change), "certificate");
  // Twenty more, two a call.
  expect(model.calls.embed - drawn).toBe(10);
  const fresh = last(await lab().run(change), "certificate");
  expect(reused.n).toBe(60);
  expect(reused.score).toBe(fresh.score);
  expect(reused.scoreLower).toBe(fresh.scoreLower);
  const other = { ...spec, certificate: { ...spec.certificate, seed: 4 } };
  await run(other);
  expect(model.calls.embed - drawn).toBe(30);
});

test("a preview runs fewer steps and no certificate", async () => {
  const { model, run } = lab();
  const events = await run(spec, "preview");
  expect(model.calls.embed).toBe(0);
  expect(last(events, "disturbed").items[0]!.trace!.loss).toHaveLength(4);
});

test("a reader's file that is not open is asked for by its hash", async () => {
  await expect(
    lab().run({ ...spec, case: { kind: "file", sha256: "ab".repeat(32) } }),
  ).rejects.toMatchObject({ code: "not-open" });
});

test("two descriptions of one graph share no result: another patch grid is another model", async () => {
  const cache = new StageCache();
  const model = fakeModel();
  const runAs = async (id: string) => {
    const events: RunEvent[] = [];
    const context = labAround(model, { cache, signal: { aborted: false } });
    const asked = { ...spec, model: { id, precision: spec.model.precision } };
    for await (const event of runExperiment(asked, "full", context)) events.push(event);
    const stages = events.filter((event) => event.type === "stage");
    return new Set(stages.filter(({ stage }) => stage !== "input").map(({ key }) => key));
  };
  const first = await runAs("own-1");
  const second = await runAs("own-2");
  expect([...second].filter((key) => first.has(key))).toEqual([]);
  expect(await runAs("own-1")).toEqual(first);
});

test("a second preview begins with what the first found, scaled into its ball, before any gradient", async () => {
  const { model, run } = lab();
  await run(spec);
  const before = model.calls.lossGradient;
  let drafted = -1;
  const wider: ExperimentSpec = { ...spec, stack: [{ ...attack, epsilon: 12 }] };
  const events = await run(wider, "preview", (event) => {
    if (event.type === "stage" && event.stage === "readout" && drafted < 0) {
      drafted = model.calls.lossGradient - before;
    }
    return false;
  });
  expect(drafted).toBe(0);
  const pictures = events.filter((e) => e.type === "stage" && e.stage === "disturbed");
  const [draft, refined] = pictures.map((e) => e.payload as StageResults["disturbed"]);
  expect(pictures.map((e) => e.type === "stage" && e.partial)).toEqual([true, false]);
  expect(draft!.items[0]!.linf).toBeCloseTo(12 / 255, 6);
  // The refinement starts there, so it is never worse.
  const trace = refined!.items[0]!.trace!;
  expect(trace.bestLoss.at(-1)).toBeGreaterThanOrEqual(trace.loss[0]!);
  // What the drag ends with does not depend on how it went.
  const settled = last(await run(wider), "disturbed").image;
  expect(settled).toEqual(last(await lab().run(wider), "disturbed").image);
});

test("a newer request ends an answer of many looks between two of them, and nothing of it is kept", async () => {
  const { model, run } = lab();
  const params = { sigma: 0.05, copies: 40, eot: 1 };
  const defenses = [{ id: "d", defense: "featureSmoothing", enabled: true, seed: 1, params }];
  const behind = {
    ...spec,
    stack: [],
    defenses,
    certificate: { ...spec.certificate, enabled: false },
  };
  const cache = new StageCache();
  const signal = { aborted: false };
  const encode = model.encode.bind(model);
  let looks = 0;
  model.encode = async (...given) => {
    if (++looks === 3) signal.aborted = true;
    return encode(...given);
  };
  const events: RunEvent[] = [];
  for await (const event of runExperiment(behind, "full", { ...labAround(model), cache, signal })) {
    events.push(event);
  }
  expect(looks).toBe(3);
  expect(events.some((e) => e.type === "stage" && e.stage === "clean")).toBe(false);
  model.encode = encode;
  const whole = await run(behind);
  const again: RunEvent[] = [];
  const context = { ...labAround(model), cache, signal: { aborted: false } };
  for await (const event of runExperiment(behind, "full", context)) again.push(event);
  expect(last(again, "clean").answer).toEqual(last(whole, "clean").answer);
});

test("the first preview of a drag behind a defense begins with what the full run found, though it takes fewer looks", async () => {
  const { model, run } = lab();
  const params = { sigma: 0.05, looks: 4, eot: 3 };
  const defenses = [{ id: "d", defense: "noiseVote", enabled: true, seed: 1, params }];
  await run({ ...spec, defenses });
  const before = model.calls.lossGradient;
  const wider = [{ ...attack, epsilon: 12 }];
  const drafted = async (changed: Partial<ExperimentSpec>) => {
    const events = await run(
      { ...spec, defenses, stack: wider, ...changed },
      "preview",
      (event) => {
        return event.type === "stage" && event.stage === "readout";
      },
    );
    return events.some((e) => e.type === "stage" && e.stage === "readout" && e.partial);
  };
  expect(await drafted({})).toBe(true);
  expect(model.calls.lossGradient).toBe(before);
  // An attack on something else leads to nothing here.
  const stronger = [{ ...defenses[0]!, params: { ...params, sigma: 0.1 } }];
  expect(await drafted({ defenses: stronger })).toBe(false);
  expect(await drafted({ question: "Is there a pneumothorax?" })).toBe(false);
});

test("a draft of a narrower ball stays in it, on the 8-bit lattice", async () => {
  const { run } = lab();
  await run(spec);
  const narrow: ExperimentSpec = { ...spec, stack: [{ ...attack, epsilon: 2.5 }] };
  const events = await run(narrow, "preview");
  const clean = last(events, "input").image;
  const draft = events.find((e) => e.type === "stage" && e.stage === "disturbed");
  if (draft?.type !== "stage" || draft.stage !== "disturbed") throw new Error("no draft");
  expect(draft.partial).toBe(true);
  draft.payload.image.forEach((value, i) => {
    expect(Math.abs(value - clean[i]!)).toBeLessThanOrEqual(2 / 255 + 1e-6);
    expect(Math.abs(255 * value - Math.round(255 * value))).toBeLessThan(1e-3);
  });
});
