/** Every attack of the registry on a model whose gradient can't be built: it runs on answers alone, or is refused truly. */
import { expect, test } from "vitest";
import { labAround } from "../testing/fakeLab.ts";
import type { AttackId } from "../attacks/registry.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { LabError } from "../errors/labError.ts";
import type { VisionLanguageModel } from "../model/visionLanguageModel.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { defaultSpec } from "./defaultSpec.ts";
import { PARAMS } from "./params.ts";
import type { StageResults } from "./results.ts";
import { runExperiment } from "./run.ts";
import type { AttackItem, ExperimentSpec } from "./spec.ts";
import { validateSpec } from "./validateSpec.ts";

const ids = Object.keys(ATTACKS) as AttackId[];
const askers = ids.filter((id) => ATTACKS[id].access === "query");
const climbers = ids.filter((id) => ATTACKS[id].access === "gradient");

function opaque(): VisionLanguageModel {
  const refuse = () =>
    Promise.reject(
      new LabError("graph-unsupported-op", "There is no gradient rule for the operator Det."),
    );
  return { ...fakeModel(), lossGradient: refuse, relevance: refuse, checkGradient: refuse };
}

function experiment(attack: AttackId, change: Partial<AttackItem> = {}): ExperimentSpec {
  const { norms, settings, needsRegion } = ATTACKS[attack];
  return validateSpec({
    ...defaultSpec(),
    question: "Is there a pleural effusion?",
    stack: [
      {
        id: "a",
        type: "attack",
        attack,
        enabled: true,
        seed: 1,
        norm: norms[0],
        epsilon: 8,
        restarts: 1,
        goal: { kind: "untargeted" },
        ...Object.fromEntries(settings.map((name) => [name, PARAMS[`attack.${name}`].default])),
        ...(needsRegion ? { stamp: { x: 0.5, y: 0.5, side: 0.4, degrees: 0 } } : {}),
        ...change,
      },
    ],
    certificate: { ...defaultSpec().certificate, enabled: false },
  });
}

async function stagesOf(spec: ExperimentSpec, model: VisionLanguageModel) {
  const stages: Partial<StageResults> = {};
  const labels: string[] = [];
  const context = labAround(model);
  for await (const event of runExperiment(spec, "full", context)) {
    if (event.type === "stage") Object.assign(stages, { [event.stage]: event.payload });
    else labels.push(event.label);
  }
  return { stages, labels };
}

test("the registry has both kinds", () => {
  expect(askers).toContain("square");
  expect(climbers.length).toBeGreaterThan(3);
});

test.each(askers)("%s runs to the end on answers alone", async (id) => {
  const { stages, labels } = await stagesOf(experiment(id, { queries: 120 }), opaque());
  const { clean, disturbed, readout } = stages;
  const trace = disturbed!.items[0]!.trace!;
  expect(trace).toMatchObject({ access: "query", queries: 121, gradientPasses: 0 });
  expect(trace.loss).toHaveLength(121);
  expect(labels.at(-1)).toBe(`${ATTACKS[id].label} query 120 of 120`);
  // What the trace calls best is the margin of the picture that is returned, read by the model itself.
  const sign = clean!.answer!.answer === "yes" ? -1 : 1;
  expect(trace.bestLoss.at(-1)).toBeCloseTo(sign * readout!.answer!.margin, 6);
  expect(trace.bestLoss.at(-1)!).toBeGreaterThan(-Math.abs(clean!.answer!.margin));
  expect(stages.gradientCheck).toBeUndefined();
  expect(stages.relevance).toEqual({
    obstacle: "There is no gradient rule for the operator Det.",
  });
});

test.each(askers)("%s asks for no gradient of a model that has one", async (id) => {
  const model = fakeModel();
  await stagesOf(experiment(id, { queries: 30 }), model);
  expect(model.calls.lossGradient).toBe(0);
  expect(model.calls.loss).toBe(31);
});

test.each(climbers)("%s is refused, and the way out that is named works", async (id) => {
  const error: unknown = await stagesOf(experiment(id), opaque()).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(LabError);
  const { code, message, hint } = error as LabError;
  expect(code).toBe("graph-unsupported-op");
  expect(message).toBe(
    `${ATTACKS[id].label} needs the model's gradient. There is no gradient rule for the operator Det.`,
  );
  const named = ids.filter((other) => hint!.includes(ATTACKS[other].label));
  expect(named).toEqual(askers);
});
