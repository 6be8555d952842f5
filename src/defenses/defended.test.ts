/** What every defense promises: the inner system itself at strength 0, a gradient that is what it says, a name of its own. */
import { expect, test } from "vitest";
import { fakeModel } from "../testing/fakeModel.ts";
import { modelSystem } from "../system/modelSystem.ts";
import type { System } from "../system/system.ts";
import { withDefaults } from "../system/param.ts";
import type { Params } from "../system/param.ts";
import type { AnswerObjective } from "../model/objective.ts";
import { defended } from "./defended.ts";
import type { DefenseItem } from "./defense.ts";
import { DEFENSES } from "./registry.ts";
import type { AttackId } from "../attacks/registry.ts";
import { MASKED } from "../attacks/bothWays.ts";
import { runAttack } from "../experiment/disturb.ts";
import type { Disturbed } from "../experiment/disturb.ts";
import type { AttackItem } from "../experiment/spec.ts";

const yieldToHost = async () => {};
const model = modelSystem("fake", fakeModel(), yieldToHost);
/** Any other model of the lab is another one of the same kind. */
const HOST = {
  yieldToHost,
  system: async (id: string) => modelSystem(id, fakeModel(), yieldToHost),
};
const OBJECTIVE: AnswerObjective = {
  kind: "answer",
  aim: "away",
  answer: "yes",
  loss: "margin",
  promptIds: [1],
  answers: ["yes", "no"],
  answerTokenIds: [1, 2],
};
const PICTURE = Float32Array.from({ length: model.size ** 2 }, (_, i) => {
  const wave = 0.5 + 0.3 * Math.sin(i / 7) + 0.1 * Math.cos(i / 3);
  return Math.round(255 * wave) / 255;
});

const item = (defense: string, params: Params = {}): DefenseItem => ({
  id: defense,
  defense,
  enabled: true,
  seed: 1,
  params,
});

const behind = (...items: DefenseItem[]): Promise<System> => defended(model, items, HOST);

// Networks need the model they were trained for (linked.test.ts).
const ids = Object.keys(DEFENSES).filter((id) => DEFENSES[id]!.group !== "network");

// Networks too: at strength 0 no graph is asked for.
test.each(Object.keys(DEFENSES))("%s at strength 0, or off, is the model itself", async (id) => {
  expect(await behind(item(id, { [DEFENSES[id]!.strength]: 0 }))).toBe(model);
  expect(await behind({ ...item(id), enabled: false })).toBe(model);
});

test.each(ids)("%s is read, attacked and embedded through, and names itself", async (id) => {
  const system = await behind(item(id));
  expect(system).not.toBe(model);
  expect(system.key).toContain(`${id}(`);
  expect(system.key).toContain(model.key);
  const evaluator = system.evaluator(OBJECTIVE);
  const { gradient, loss } = await evaluator.lossAndGradient!(PICTURE);
  expect(gradient).toHaveLength(PICTURE.length);
  expect(gradient.every(Number.isFinite)).toBe(true);
  expect(gradient.some((value) => value !== 0)).toBe(true);
  expect(loss).toBeCloseTo(await evaluator.loss(PICTURE), 5);
  const [embedding] = await system.embed([PICTURE]);
  expect(Math.hypot(...embedding!)).toBeCloseTo(1, 5);
});

test.each(ids)("%s: what it calls exact agrees with central differences", async (id) => {
  const system = await behind(item(id));
  if (system.gradient !== "exact") return;
  // Off the 8-bit lattice, where no two pixels are equal.
  const image = PICTURE.map((value, i) => value + 1e-3 * Math.sin(12.9898 * i));
  const { ok, maxRelativeError } = await system.checkGradient(image, OBJECTIVE, 1);
  expect({ ok, maxRelativeError }).toMatchObject({ ok: true });
});

/** The lab's own attack within 12 grey levels, as the stack makes it: by both ways back where there are two. */
async function attacked(system: System, attack: AttackId = "apgd"): Promise<Disturbed> {
  const target = { system, objective: OBJECTIVE, aware: true };
  const item: AttackItem = {
    id: "a",
    type: "attack",
    attack,
    enabled: true,
    seed: 1,
    norm: "linf",
    epsilon: 12,
    steps: 16,
    restarts: 1,
    goal: { kind: "untargeted" },
  };
  const run = runAttack(target, { image: PICTURE }, item, {
    signal: { aborted: false },
    yieldToHost,
  });
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value!;
  }
}

test.each(ids)(
  "%s: an attacker who works through it does no worse than one who doesn't know",
  async (id) => {
    const system = await behind(item(id, { eot: 20 }));
    const judge = system.evaluator(OBJECTIVE);
    const [aware, unaware] = [(await attacked(system)).image, (await attacked(model)).image];
    const reached = await judge.loss(aware);
    // Draws move the loss a little: what two attackers differ by must be more than that.
    const noise = system.gradient === "expectation" ? 0.01 : 1e-6;
    const transferred = await judge.loss(unaware);
    expect(reached).toBeGreaterThanOrEqual(transferred - noise);
    expect(reached).toBeGreaterThan(await judge.loss(PICTURE));
  },
);

test.each(ids)("%s: help in two sentences, a source, and defaults that change something", (id) => {
  const { help, source, params, strength } = DEFENSES[id]!;
  expect(help.match(/[.!?](?=\s|$)/g)!.length).toBeGreaterThanOrEqual(2);
  expect(source).not.toBe("");
  expect(params[strength]).toBeDefined();
  expect(withDefaults(params, {})[strength]).not.toBe(0);
  expect(params[strength]!.min).toBe(0);
});

test("the first defense of the list is the nearest to the picture, and order matters", async () => {
  const [a, b] = [item("bitDepth", { removed: 5 }), item("gaussianFilter", { sigma: 1 })];
  const one = await behind(a, b);
  const other = await behind(b, a);
  expect(one.key).not.toBe(other.key);
  const lossOf = (system: System) => system.evaluator(OBJECTIVE).loss(PICTURE);
  expect(await lossOf(one)).not.toBe(await lossOf(other));
  // Rounded first, then blurred: the blur's own system sees the rounded picture.
  const rounded = PICTURE.map((value) => Math.round(7 * value) / 7);
  expect(await lossOf(one)).toBe(await lossOf(await behind(b).then((s) => renamed(s, rounded))));
});

/** A system that reads `image` whatever it is given. */
function renamed(system: System, image: Float32Array): System {
  return {
    ...system,
    evaluator: (objective) => {
      const { loss } = system.evaluator(objective);
      return { loss: () => loss(image) };
    },
  };
}

test("a chain with one approximated link says so", async () => {
  const system = await behind(item("gaussianFilter"), item("jpegFilter"));
  expect(system.gradient).toBe("bpda");
  expect((await behind(item("gaussianFilter"), item("wavelet"))).gradient).toBe("exact");
});

test("filters that hide the slope give an attacker the other way, and whatever stands around them passes it on", async () => {
  const hasOther = async (...items: DefenseItem[]) =>
    (await behind(...items)).evaluator(OBJECTIVE).standIn !== undefined;
  for (const id of [
    "wavelet",
    "totalVariation",
    "bilateralFilter",
    "medianFilter",
    "overlayRemoval",
    "jpegFilter",
  ])
    expect(await hasOther(item(id))).toBe(true);
  // Rounding stands back as the identity anyway; linear filters hide nothing.
  for (const id of ["bitDepth", "gaussianFilter", "lowPass", "resample"])
    expect(await hasOther(item(id))).toBe(false);
  for (const id of [
    "gaussianFilter",
    "augmentationVote",
    "noiseVote",
    "featureSmoothing",
    "ensemble",
  ])
    expect(await hasOther(item(id), item("wavelet"))).toBe(true);
  expect(await hasOther(item("wavelet"), item("noiseVote"))).toBe(true);
});

test("shrinkage is attacked better by the other way, and the attack's result says so", async () => {
  const { item: found } = await attacked(await behind(item("wavelet", { threshold: 30 })));
  expect(found.trace!.warnings).toContain(MASKED);
});

test("a defense that does not exist is refused by name", async () => {
  await expect(behind(item("prayer"))).rejects.toThrow(/no defense "prayer"/);
});
