/** An attack that keeps to a region changes nothing outside it, through the whole experiment. */
import { expect, test } from "vitest";
import { labAround } from "../testing/fakeLab.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { PERTURBATIONS } from "../perturbations/registry.ts";
import { defaultSpec } from "./defaultSpec.ts";
import type { StageResults } from "./results.ts";
import { runExperiment } from "./run.ts";
import type { AttackItem, AttackRegion, ExperimentSpec, StackItem } from "./spec.ts";
import { validateSpec } from "./validateSpec.ts";

const SIZE = 32;

function attackOn(region: AttackRegion, change: Partial<AttackItem> = {}): AttackItem {
  return {
    id: "a",
    type: "attack",
    attack: "pgd",
    enabled: true,
    seed: 1,
    norm: "linf",
    epsilon: 8,
    steps: 6,
    relativeStep: 0.5,
    restarts: 2,
    goal: { kind: "untargeted" },
    region,
    ...change,
  };
}

/** A disc in the upper left quarter, painted nearly see-through. */
const PAINT: StackItem = {
  id: "paint",
  type: "perturbation",
  perturbation: "paintedPatch",
  enabled: true,
  seed: 1,
  params: { opacity: 0.05 },
  strokes: [{ points: [[0.25, 0.25]], radius: 0.2, intensity: 1, erase: false }],
};

async function run(change: Partial<ExperimentSpec>) {
  const opening = defaultSpec();
  const spec = validateSpec({
    ...opening,
    question: "Is there a pleural effusion?",
    certificate: { ...opening.certificate, enabled: false },
    ...change,
  });
  const stages: Partial<StageResults> = {};
  const model = fakeModel();
  const context = labAround(model);
  for await (const event of runExperiment(spec, "full", context)) {
    if (event.type === "stage") Object.assign(stages, { [event.stage]: event.payload });
  }
  return { input: stages.input!, image: stages.disturbed!.image };
}

const changed = (before: Float32Array, after: Float32Array) =>
  [...before.keys()].filter((i) => before[i] !== after[i]);

test.each([
  ["pgd", {}],
  ["pgd", { norm: "l2", epsilon: 1 }],
  ["apgd", { relativeStep: undefined }],
  ["square", { steps: undefined, relativeStep: undefined, queries: 60 }],
] as const)("%s %j on the findings leaves the rest of the picture bit by bit", async (id, set) => {
  const item = JSON.parse(
    JSON.stringify({ ...attackOn("findings"), attack: id, ...set }),
  ) as AttackItem;
  const { input, image } = await run({ stack: [item] });
  const mask = input.truth!.masks["effusion"]!;
  const moved = changed(input.image, image);
  expect(moved.length).toBeGreaterThan(5);
  for (const i of moved) expect(mask[i]).toBeGreaterThanOrEqual(0.5);
});

test("elsewhere is everything but the findings", async () => {
  const { input, image } = await run({ stack: [attackOn("elsewhere")] });
  const mask = input.truth!.masks["effusion"]!;
  const moved = changed(input.image, image);
  expect(moved.length).toBeGreaterThan(SIZE * SIZE * 0.3);
  for (const i of moved) expect(mask[i]).toBeLessThan(0.5);
});

test("painted is what the paint above it covers, not what is painted below or switched off", async () => {
  const { input, image } = await run({ stack: [PAINT, attackOn("painted")] });
  const painted = PERTURBATIONS.paintedPatch.apply(
    input.image,
    { width: SIZE, height: SIZE },
    { opacity: 0.05, strokes: PAINT.type === "perturbation" ? PAINT.strokes : [] },
    1,
  );
  const inside = (i: number) =>
    Math.hypot((i % SIZE) + 0.5 - 8, Math.floor(i / SIZE) + 0.5 - 8) < 0.2 * SIZE + 1;
  const moved = changed(
    painted.map((v) => Math.round(255 * v) / 255),
    image,
  );
  expect(moved.length).toBeGreaterThan(50);
  for (const i of moved) expect(inside(i)).toBe(true);
  for (const stack of [
    [attackOn("painted"), PAINT],
    [{ ...PAINT, enabled: false }, attackOn("painted")],
  ]) {
    await expect(run({ stack })).rejects.toMatchObject({
      code: "spec-invalid",
      message: "The attack keeps to the paint, and nothing is painted.",
    });
  }
});

test("a region that the picture has not is refused", async () => {
  const healthy = { kind: "phantom", phantom: { seed: 1, findings: [] } } as const;
  for (const region of ["findings", "elsewhere"] as const) {
    await expect(run({ case: healthy, stack: [attackOn(region)] })).rejects.toMatchObject({
      code: "spec-invalid",
      message: "The attack keeps to the findings or away from them, and this phantom has none.",
    });
  }
  expect(() =>
    validateSpec({ ...defaultSpec(), stack: [{ ...attackOn("findings"), region: "heart" }] }),
  ).toThrow('stack[0].region is "heart", but must be one of painted, findings, elsewhere.');
});
