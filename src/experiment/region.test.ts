/** An attack that keeps to a region changes nothing outside it, through the whole experiment. */
import { expect, test } from "vitest";
import { labAround } from "../testing/fakeLab.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { PERTURBATIONS } from "../perturbations/registry.ts";
import { defaultSpec } from "./defaultSpec.ts";
import type { StageResults } from "./results.ts";
import { stampMask } from "./region.ts";
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
    validateSpec({ ...defaultSpec(), stack: [{ ...attackOn("findings"), region: "liver" }] }),
  ).toThrow(
    'stack[0].region is "liver", but must be one of painted, findings, elsewhere, lungs, heart, outsideOrgans.',
  );
});

test.each(["lungs", "heart", "outsideOrgans"] as const)(
  "an attack on %s stays there",
  async (region) => {
    const { input, image } = await run({ stack: [attackOn(region, { norm: "linf" })] });
    const { leftLung, rightLung, heart } = input.truth!.masks;
    const lung = (i: number) => leftLung![i]! >= 0.5 || rightLung![i]! >= 0.5;
    const within = {
      lungs: lung,
      heart: (i: number) => heart![i]! >= 0.5,
      outsideOrgans: (i: number) => !lung(i) && heart![i]! < 0.5,
    }[region];
    const moved = changed(input.image, image);
    expect(moved.length).toBeGreaterThan(10);
    expect(moved.every(within)).toBe(true);
  },
);

test("a patch paints any grey on its stamp, which turns and moves, and nothing beside it", async () => {
  const stamp = { x: 0.5, y: 0.5, side: 0.4, degrees: 45 };
  const patch = attackOn("lungs", { attack: "patch", epsilon: 255, steps: 10, stamp });
  const { region: _region, relativeStep: _step, ...item } = patch;
  const { input, image } = await run({ stack: [item] });
  const moved = changed(input.image, image);
  expect(moved.length).toBeGreaterThan(60);
  // A square on its corner: its diagonal is .4 sqrt 2 wide.
  const reach = 0.2 * Math.SQRT2 * SIZE + 0.5;
  for (const i of moved) {
    const [x, y] = [(i % SIZE) + 0.5 - SIZE / 2, Math.floor(i / SIZE) + 0.5 - SIZE / 2];
    expect(Math.abs(x) + Math.abs(y)).toBeLessThanOrEqual(reach);
  }
  expect(Math.max(...moved.map((i) => Math.abs(image[i]! - input.image[i]!)))).toBeGreaterThan(0.2);
  const upright = stampMask({ ...stamp, degrees: 0 }, 100);
  expect(upright.reduce((a, b) => a + b, 0)).toBe(1600);
  expect(Math.abs(stampMask(stamp, 100).reduce((a, b) => a + b, 0) - 1600)).toBeLessThan(60);
});

test("a patch without a place, or with two, is refused in a sentence", () => {
  const { region: _region, relativeStep: _step, ...item } = attackOn("lungs", { attack: "patch" });
  const spec = (stack: unknown) => ({ ...defaultSpec(), stack: [stack] });
  expect(() => validateSpec(spec({ ...item, epsilon: 255 }))).toThrow(
    "stack[0].region is missing: Patch keeps to a region or a stamp",
  );
  const stamp = { x: 0.5, y: 0.5, side: 0.2, degrees: 0 };
  const both = { ...item, epsilon: 255, region: "heart", stamp };
  expect(() => validateSpec(spec(both))).toThrow("choose one of the two");
  expect(() => validateSpec(spec({ ...item, epsilon: 256, stamp }))).toThrow("from 0 to 255");
});
