/** Who answers where several do: what a gate sees is shown where there is one, and nowhere else. */
import { expect, test } from "vitest";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { defaultSpec } from "../defaultSpec.ts";
import type { StageResults } from "../results.ts";
import { runExperiment } from "../run.ts";
import { validateSpec } from "../validateSpec.ts";

async function weighed(defense: string, params = {}) {
  const spec = validateSpec({
    ...defaultSpec(),
    certificate: { ...defaultSpec().certificate, enabled: false },
    relevance: { enabled: false },
    defenses: [{ id: "d", defense, enabled: true, seed: 1, params }],
    instruments: [{ instrument: "experts", enabled: true, seed: 1, params: {} }],
  });
  const results: Partial<StageResults> = {};
  for await (const event of runExperiment(spec, "full", labAround(fakeModel()))) {
    if (event.type === "stage") Object.assign(results, { [event.stage]: event.payload });
  }
  const { statement, tables, quantities } = results["instrument:experts"]!;
  const weights = quantities.filter(({ id }) => id.startsWith("weight"));
  expect(weights.reduce((sum, { value }) => sum + value!, 0)).toBeCloseTo(1, 9);
  return {
    statement,
    tables: tables!.map(({ title }) => title),
    others: quantities.length - weights.length,
  };
}

test("behind a mixture of experts stands what its gate sees", async () => {
  const { tables, others } = await weighed("mixtureOfExperts");
  expect(tables).toEqual(["Who says what", "What the gate sees"]);
  expect(others).toBeGreaterThan(0);
});

test("an ensemble has no gate, and none is shown", async () => {
  const { statement, ...shown } = await weighed("ensemble", { others: 0.75 });
  expect(shown).toEqual({ tables: ["Who says what"], others: 0 });
  // The open model and three others have equal shares, and none the most.
  expect(statement).toMatch(/25 % each, is shared by .+, .+\.$/);
});
