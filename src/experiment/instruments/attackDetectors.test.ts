/** Detectors: what they count, and what they say of a picture with words in its bits. */
import { expect, test } from "vitest";
import { delongAuc } from "../../metrics/auc.ts";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { defaultSpec } from "../defaultSpec.ts";
import type { StageResults } from "../results.ts";
import { runExperiment } from "../run.ts";
import type { ExperimentSpec, StackItem } from "../spec.ts";
import { rocOf } from "./attackDetectors.ts";
import { DETECTOR_IDS } from "./detectorScores.ts";

const HIDDEN: StackItem = {
  id: "h",
  type: "perturbation",
  perturbation: "hiddenText",
  enabled: true,
  seed: 1,
  params: { plane: 1 },
};

async function detected(stack: readonly StackItem[]) {
  const spec: ExperimentSpec = {
    ...defaultSpec(),
    stack: [...stack],
    certificate: { ...defaultSpec().certificate, enabled: false },
    relevance: { enabled: false },
    instruments: [
      { instrument: "attackDetectors", enabled: true, seed: 1, params: { cases: 4, epsilon: 8 } },
    ],
  };
  const results: Partial<StageResults> = {};
  for await (const event of runExperiment(spec, "full", labAround(fakeModel()))) {
    if (event.type === "stage") Object.assign(results, { [event.stage]: event.payload });
  }
  const result = results["instrument:attackDetectors"]!;
  const value = (id: string) => result.quantities.find((quantity) => quantity.id === id)!.value;
  return { result, value };
}

test("the area under the drawn curve is the AUC that is stated, ties and all", () => {
  const positive = [0.1, 0.4, 0.4, 0.9, 0.7];
  const negative = [0.1, 0.2, 0.4, 0.3];
  const { x, y } = rocOf("d", positive, negative);
  const area = x.reduce(
    (sum, v, k) => (k === 0 ? 0 : sum + ((v - x[k - 1]!) * (y[k]! + y[k - 1]!)) / 2),
    0,
  );
  expect(area).toBeCloseTo(delongAuc(positive, negative)!.auc, 12);
  expect([x.at(0), y.at(0), x.at(-1), y.at(-1)]).toEqual([0, 0, 1, 1]);
});

test("words in a bit plane are found, and no attack is mistaken for them", async () => {
  const { result, value } = await detected([HIDDEN]);
  expect(value("hiddenText")).toBe(1);
  expect(result.statement).toContain("words in a bit plane");
  expect(value("hiddenTextClean")).toBe(0.5);
  expect(value("hiddenTextNoiseAlarms")).toBe(0);
  const { value: quiet } = await detected([]);
  expect(quiet("hiddenText")).toBe(0);
});

test("every detector has its score, its curves and its alarms at the same share of clean ones", async () => {
  const { result, value } = await detected([]);
  for (const id of DETECTOR_IDS) {
    for (const name of ["", "Clean", "Noise", "Found", "NoiseAlarms"]) {
      expect(Number.isFinite(value(`${id}${name}`))).toBe(true);
    }
  }
  // The other models of this lab are the same one: they never disagree.
  expect(value("encoders")).toBe(0);
  expect(result.plots).toHaveLength(2);
  expect(result.tables![0]!.rows).toHaveLength(DETECTOR_IDS.length);
});
