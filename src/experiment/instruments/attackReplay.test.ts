import { describe, expect, it } from "vitest";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { defaultSpec } from "../defaultSpec.ts";
import { summarizeResults } from "../manifest.ts";
import type { StageResults } from "../results.ts";
import { runExperiment } from "../run.ts";
import type { ExperimentSpec, StackItem } from "../spec.ts";
import { validateSpec } from "../validateSpec.ts";

const base: ExperimentSpec = {
  ...defaultSpec(),
  certificate: { ...defaultSpec().certificate, enabled: false },
  relevance: { enabled: false },
  instruments: [{ instrument: "attackReplay", enabled: true, seed: 1, params: {} }],
};

async function run(
  stack: readonly StackItem[],
  context = labAround(fakeModel()),
  instruments = base.instruments,
): Promise<Partial<StageResults>> {
  const results: Record<string, unknown> = {};
  const spec = validateSpec({ ...base, stack, instruments });
  for await (const event of runExperiment(spec, "full", context)) {
    if (event.type === "stage") results[event.stage] = event.payload;
  }
  return results as Partial<StageResults>;
}

describe("the replay of an attack", () => {
  it("shows the very pictures of the attack: its losses are the trace's, and its best is what the attack returned", async () => {
    const { disturbed, "instrument:attackReplay": replay } = await run(base.stack);
    const { frames, pictures, size } = replay!.frames!;
    const { trace } = disturbed!.items.at(-1)!;
    expect(frames.map(({ loss }) => loss)).toEqual(trace!.loss);
    const best = frames.findIndex(({ loss }) => loss === trace!.bestLoss.at(-1));
    const picture = pictures.slice(best * size * size, (best + 1) * size * size);
    expect([...picture]).toEqual(Array.from(disturbed!.image, (value) => Math.round(255 * value)));
  });

  it("and step by step find the same once the pictures they begin with have left the cache", async () => {
    const both = ["attackReplay", "stepByStep"].map((instrument) => ({
      instrument,
      enabled: true,
      seed: 1,
      params: {},
    }));
    const fresh = await run(base.stack, undefined, both);
    const context = labAround(fakeModel());
    await run(base.stack, context, []);
    for (let k = 0; k < 60; k++) {
      context.cache.set(`something else ${k}`, k);
      // What the run itself reads stays.
      if (k % 10 === 9) await run(base.stack, context, []);
    }
    const later = await run(base.stack, context, both);
    for (const name of ["instrument:attackReplay", "instrument:stepByStep"] as const) {
      expect(later[name]!.tables).toEqual(fresh[name]!.tables);
      expect(later[name]!.statement).toBe(fresh[name]!.statement);
    }
    expect(later["instrument:stepByStep"]!.tables![0]!.rows).toHaveLength(3);
  });

  it("marks the first picture whose answer is another one than the clean one's", async () => {
    const { clean, "instrument:attackReplay": replay } = await run(base.stack);
    const { frames, flipFrame } = replay!.frames!;
    const first = frames.findIndex(({ answer }) => answer !== clean!.answer!.corrected);
    expect(flipFrame).toBe(first < 0 ? null : first);
    expect(replay!.quantities[0]!.value).toBe(first < 0 ? NaN : frames[first]!.step);
  });

  it("leaves no pixel in a manifest, and every number", async () => {
    const results = await run(base.stack);
    const { attackReplay } = summarizeResults(results).instruments!;
    expect(attackReplay).not.toHaveProperty("frames");
    expect(attackReplay!.tables![0]!.rows).toHaveLength(
      results["instrument:attackReplay"]!.frames!.frames.length,
    );
  });

  it("reads at most as many pictures as it is told, the last among them", async () => {
    const attack = base.stack.at(-1)!;
    const results: Record<string, unknown> = {};
    const spec = {
      ...base,
      stack: [{ ...attack, steps: 20 } as StackItem],
      instruments: [{ ...base.instruments[0]!, params: { frames: 5 } }],
    };
    for await (const event of runExperiment(validateSpec(spec), "full", labAround(fakeModel()))) {
      if (event.type === "stage") results[event.stage] = event.payload;
    }
    const { frames } = (results as Partial<StageResults>)["instrument:attackReplay"]!.frames!;
    expect(frames.map(({ step }) => step)).toEqual([0, 5, 10, 15, 20]);
  });

  it("says that there is nothing to replay where no attack is on", async () => {
    const { "instrument:attackReplay": replay } = await run(base.stack.slice(0, 1));
    expect(replay!.obstacle).toContain("no attack");
  });
});
