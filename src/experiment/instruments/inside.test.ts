/** What looks inside a model, through a run on the bundled one: null tests and sums that must hold whatever the weights. */
import { expect, test } from "vitest";
import { nodeLab } from "../../cli/nodeLab.ts";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { defaultSpec } from "../defaultSpec.ts";
import { runExperiment } from "../run.ts";
import type { ExperimentSpec, InstrumentItem } from "../spec.ts";
import type { HeatPlot, InstrumentResult } from "./instrumentResult.ts";

const lab = nodeLab(nodeSessions(1));
const opening = defaultSpec();
const attack = opening.stack[1]!;

async function found(
  instrument: string,
  params: InstrumentItem["params"] = {},
  change: Partial<ExperimentSpec> = {},
) {
  const spec: ExperimentSpec = {
    ...opening,
    stack: [{ ...attack, steps: 3 } as typeof attack],
    relevance: { enabled: false },
    certificate: { ...opening.certificate, enabled: false },
    instruments: [{ instrument, enabled: true, seed: 1, params }],
    ...change,
  };
  let last: InstrumentResult | undefined;
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type === "stage" && event.stage === `instrument:${instrument}`)
      last = event.payload as InstrumentResult;
  }
  const value = (id: string) => last!.quantities.find((q) => q.id === id)?.value ?? NaN;
  return { last: last!, value };
}

test("the same picture and question have cosine 1 at all layers, and the text's first does not know the picture", async () => {
  const same = await found("stageShift", { wordings: 1 }, { stack: [] });
  expect(same.value("cosine.tokens")).toBeCloseTo(1, 6);
  expect(same.value("cka.answer")).toBeCloseTo(1, 6);
  for (const [label, cosine] of same.last.tables![0]!.rows)
    expect(cosine, String(label)).toBeCloseTo(1, 6);
  const { last, value } = await found("stageShift", { wordings: 2 });
  expect(value("cosine.tokens")).toBeLessThan(0.99);
  expect(value("wordings.answer")).toBeLessThan(1);
  const stages = last.tables![0]!.rows;
  const [name, first] = stages.find(([label]) => label === "answer stem")!;
  expect([name, first]).toEqual(["answer stem", 1]);
  // Five grid blocks of three parts and their stem; two of the answering side and theirs.
  expect(stages).toHaveLength(16 + 7);
}, 240_000);

test("interchange: own values change nothing, the whole stream of the encoder changes everything", async () => {
  const { last, value } = await found("causalInterchange");
  expect(value("null")).toBeLessThan(1e-5);
  const { rows, columns, values } = last.plots![0] as HeatPlot;
  const stream = columns.indexOf("stream");
  const whole = value("whole");
  rows.forEach((label, k) => {
    const effect = values[k * columns.length + stream]!;
    if (label.startsWith("encoder")) expect(effect).toBeCloseTo(whole, 3);
    // Before it looks at the picture the text is the same in both runs.
    if (label === "answer self-attention 1") expect(effect).toBeCloseTo(0, 4);
  });
  // After its last attention to the picture nothing of the disturbed run is left, MLP included.
  expect(values[(rows.length - 1) * columns.length + stream]).toBeCloseTo(whole, 3);
}, 240_000);

test("between wordings, what comes from the picture alone is a no-op, by block and by head", async () => {
  const { last: result, value } = await found("causalInterchange", { between: 1 }, { stack: [] });
  expect(value("pictureOnly")).toBeLessThan(1e-5);
  const { rows, columns, values } = result.plots![0] as HeatPlot;
  rows.forEach((label, k) => {
    if (!label.startsWith("encoder")) return;
    for (let c = 0; c < columns.length; c++)
      expect(Math.abs(values[k * columns.length + c]!)).toBeLessThan(1e-5);
  });
  expect(Math.abs(value("whole"))).toBeGreaterThan(0.01);
  // With the last block's output replaced by the other wording's, the other wording answers.
  const last = columns.indexOf("stream") + (rows.length - 1) * columns.length;
  expect(values[last]).toBeCloseTo(value("whole"), 3);
}, 240_000);

test("an undisturbed picture has nothing to trace, and a model without an inside says so", async () => {
  const { last } = await found("causalInterchange", {}, { stack: [] });
  expect(last.obstacle).toContain("Nothing disturbs the picture");
  const spec: ExperimentSpec = {
    ...opening,
    stack: [],
    instruments: [{ instrument: "stageShift", enabled: true, seed: 1, params: {} }],
  };
  const said: InstrumentResult[] = [];
  for await (const event of runExperiment(spec, "full", labAround(fakeModel()))) {
    if (event.type === "stage" && event.stage === "instrument:stageShift")
      said.push(event.payload as InstrumentResult);
  }
  expect(said[0]?.obstacle).toBe("The inside of this model can't be opened.");
}, 240_000);

test("dropout of rate 0 has no spread, and one seed gives one spread", async () => {
  const none = await found("dropoutSamples", { rate: 0, samples: 3 });
  for (const id of ["variance.clean", "variance.disturbed", "information.clean"])
    expect(none.value(id)).toBeLessThan(1e-15);
  const thinned = await found("dropoutSamples", { rate: 0.3, samples: 6 }, { stack: [] });
  expect(thinned.value("variance.clean")).toBeGreaterThan(1e-6);
  const again = await nodeLabSpread();
  expect(again).toBe(thinned.value("variance.clean"));
}, 240_000);

/** The same spread in a lab of its own, where nothing is cached. */
async function nodeLabSpread(): Promise<number> {
  const fresh = nodeLab(nodeSessions(1));
  const spec: ExperimentSpec = {
    ...opening,
    stack: [],
    relevance: { enabled: false },
    certificate: { ...opening.certificate, enabled: false },
    instruments: [
      { instrument: "dropoutSamples", enabled: true, seed: 1, params: { rate: 0.3, samples: 6 } },
    ],
  };
  let variance = NaN;
  for await (const event of fresh.run(spec, "full", { aborted: false })) {
    if (event.type !== "stage" || event.stage !== "instrument:dropoutSamples") continue;
    const { quantities } = event.payload as InstrumentResult;
    variance = quantities.find(({ id }) => id === "variance.clean")!.value;
  }
  return variance;
}

test("the tokens' distance rises with severity, and far from every phantom it is further than all of them", async () => {
  const noise = (sigma: number) => ({
    id: "n",
    type: "perturbation" as const,
    perturbation: "gaussianNoise" as const,
    enabled: true,
    seed: 1,
    params: { sigma },
  });
  const distances: number[] = [];
  for (const sigma of [0.05, 0.1, 0.2]) {
    const { value } = await found("tokenDistance", { references: 30 }, { stack: [noise(sigma)] });
    if (distances.length === 0) distances.push(value("mahalanobis.clean"));
    distances.push(value("mahalanobis.disturbed"));
    if (sigma === 0.2) expect(value("further.disturbed")).toBe(1);
  }
  expect(distances).toEqual(distances.toSorted((a, b) => a - b));
  expect(distances.at(-1)).toBeGreaterThan(2 * distances[0]!);
}, 240_000);

test("every token has its own guarantee, all at once, and none beyond its reach", async () => {
  const { last, value } = await found("certifiedTokens", { copies: 60, pilot: 10, radius: 0.05 });
  const [bound, reach] = last.maps!;
  expect(bound!.data).toHaveLength(bound!.grid[0] * bound!.grid[1]);
  bound!.data.forEach((cosine, k) => {
    expect(cosine).toBeLessThan(1);
    // A cosine is proved where the change is within the token's reach, and only there.
    expect(cosine > 0).toBe(reach!.data[k]! > 0.05);
  });
  expect(value("reach.weakest")).toBeLessThanOrEqual(value("reach.median"));
}, 240_000);
