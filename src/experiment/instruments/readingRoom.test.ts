/** What a reader is told in one click, taken at its word: each row is opened as an experiment and must show what it says. */
import { expect, test } from "vitest";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { defaultSpec } from "../defaultSpec.ts";
import { attentionOverlap } from "../attentionOverlap.ts";
import { applyChange } from "./applyChange.ts";
import type { StageResults } from "../results.ts";
import { runExperiment } from "../run.ts";
import type { ExperimentSpec } from "../spec.ts";
import { validateSpec } from "../validateSpec.ts";

const base: ExperimentSpec = {
  ...defaultSpec(),
  certificate: { ...defaultSpec().certificate, enabled: false },
  relevance: { enabled: false },
};

function lab() {
  const context = labAround(fakeModel());
  return async (spec: ExperimentSpec): Promise<Partial<StageResults>> => {
    const results: Record<string, unknown> = {};
    for await (const event of runExperiment(validateSpec(spec), "full", context)) {
      if (event.type === "stage") results[event.stage] = event.payload;
    }
    return results as Partial<StageResults>;
  };
}

const asking = (instrument: string, params: Record<string, number> = {}): ExperimentSpec => ({
  ...base,
  instruments: [{ instrument, enabled: true, seed: 1, params }],
});

test("every way that is said to turn the answer turns it when it is opened", async () => {
  const run = lab();
  const results = await run(asking("whatMisleads", { steps: 4, reach: 16 }));
  const found = results["instrument:whatMisleads"]!;
  const clean = results.clean!.answer!.corrected;
  const [table] = found.tables!;
  expect(table!.rows.length).toBeGreaterThan(2);
  expect(new Set(table!.rows.map(([kind]) => kind))).toContain("PGD attack");
  for (const [k, row] of table!.rows.entries()) {
    const opened = await run(applyChange(base, table!.opens![k]!));
    expect(opened.readout!.answer!.corrected, String(row[0])).toBe(row[2]);
    expect(opened.readout!.answer!.corrected).not.toBe(clean);
    expect(Math.round(255 * opened.metrics!.linf), String(row[0])).toBe(row[4]);
  }
  // Wordings count as the one kind that they are among those tried.
  const [kinds] = found.quantities;
  const named = table!.rows.map(([kind]) => (String(kind).endsWith("wording") ? "wording" : kind));
  expect(kinds!.value).toBe(new Set(named).size);
  expect(kinds!.value).toBeLessThanOrEqual(Number(/of (\d+) tried/.exec(kinds!.note!)![1]));
  // The least visible first, and nothing of the reader's own stack is lost.
  const similar = table!.rows.map((row) => row[3] as number);
  expect(similar).toEqual([...similar].sort((a, b) => b - a));
  for (const change of table!.opens!) {
    const kept = applyChange(base, change!).stack.slice(0, base.stack.length);
    expect(kept).toEqual(base.stack.map((item) => ({ ...item, enabled: false })));
  }
});

test("each step shows the picture that the stack has made so far", async () => {
  const run = lab();
  const results = await run(asking("stepByStep"));
  const [table] = results["instrument:stepByStep"]!.tables!;
  expect(table!.rows.map(([name]) => name)).toEqual(["Untouched", "Quantum noise (dose)", "PGD"]);
  for (const [k, [, answer, margin, overlap]] of table!.rows.entries()) {
    const opened = await run(applyChange(base, table!.opens![k]!));
    expect(opened.readout!.answer!.answer).toBe(answer);
    // An attack after a member that is switched off meets another picture: only what is left runs.
    expect(opened.readout!.answer!.margin).toBe(margin);
    expect(attentionOverlap(opened.metrics!)).toBeCloseTo(overlap as number, 9);
  }
});

test("all findings are asked, clean and disturbed, as the question alone would be", async () => {
  const run = lab();
  const results = await run(asking("allFindings"));
  const [table] = results["instrument:allFindings"]!.tables!;
  expect(table!.rows.length).toBeGreaterThan(5);
  const k = table!.rows.findIndex(([about]) => about === "pneumothorax");
  const opened = await run(applyChange(base, table!.opens![k]!));
  const row = table!.rows[k]!;
  expect(row[1]).toBeCloseTo(100 * opened.clean!.answer!.probabilities["yes"]!, 2);
  expect(row[2]).toBeCloseTo(100 * opened.readout!.answer!.probabilities["yes"]!, 2);
  expect(row[3]).toBe(
    opened.clean!.answer!.corrected === opened.readout!.answer!.corrected ? "" : "turned",
  );
  // What is most likely said to be there comes first; the question about the whole film last.
  const shares = table!.rows.slice(0, -1).map((cells) => Number(cells[1]));
  expect(shares).toEqual(shares.toSorted((a, b) => b - a));
  // A model of which nothing was measured says so.
  expect(table!.rows.every((cells) => cells.at(-1) === "not measured")).toBe(true);
  // Where nothing is disturbed there is nothing to compare: what the answers are worth stands beside them.
  const untouched = await run({ ...asking("allFindings"), stack: [] });
  const alone = untouched["instrument:allFindings"]!.tables![0]!;
  expect(alone.columns.slice(0, 3)).toEqual(["Asked about", "Yes, clean", "Found on adult films"]);
  expect(alone.percent).toEqual([1]);
  expect(alone.rows.map(([about, share]) => [about, share])).toEqual(
    table!.rows.map(([about, share]) => [about, share]),
  );
  expect(alone.rows.every((cells) => cells.length === alone.columns.length)).toBe(true);
});

test("no result outlives what it rests on: another question, another alpha and another stack are asked anew", async () => {
  const run = lab();
  const asked = asking("answerCertificate", { samples: 100 });
  const first = await run(asked);
  const other = await run({ ...asked, question: "Is there a pneumothorax?" });
  const named = (results: Partial<StageResults>) =>
    JSON.stringify(results["instrument:answerCertificate"]!.tables);
  expect(named(other)).not.toBe(named(first));
  // The picture is the same; whose members made it is not.
  const renamed = base.stack.map((item, k) => ({ ...item, id: `other-${k}` }));
  await run(base);
  const again = await run({ ...base, stack: renamed });
  expect(again.disturbed!.items.map(({ id }) => id)).toEqual(["other-0", "other-1"]);
});
