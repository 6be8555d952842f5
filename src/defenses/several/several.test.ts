/** Several models as one: how they answer, what an attacker of all of them climbs, and that the gate can be climbed too. */
import { expect, test } from "vitest";
import { floatTensor } from "../../tensor/tensor.ts";
import { randomStream } from "../../numerics/random.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import type { AnswerObjective, FeatureObjective } from "../../model/objective.ts";
import { checkGradient } from "../../onnx/grad/check.ts";
import { PERTURBATIONS } from "../../perturbations/registry.ts";
import { modelSystem } from "../../system/modelSystem.ts";
import type { Params } from "../../system/param.ts";
import type { System } from "../../system/system.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { defended } from "../defended.ts";
import { withoutOverlay } from "../filters/overlayRemoval.ts";
import { FEATURES } from "../quality.ts";
import { gate } from "./gate.ts";
import { pooledAnswer } from "./pooledReading.ts";
import { pooledCrossEntropy, pooledMargin, votedLoss } from "./pooledLoss.ts";
import { pooledSystem } from "./pooledSystem.ts";
import type { Pool } from "./pooledSystem.ts";

const WORDING = recognizeQuestion("Is there a pleural effusion?");
const yieldToHost = async () => {};
const SIDE = 32;
/** A model of the same kind that sees the picture turned about: another one. */
function turned() {
  const model = fakeModel();
  const back = (image: Float32Array) => image.slice().reverse();
  return {
    ...model,
    sha256: "turned",
    encode: (image: Float32Array) => model.encode(back(image)),
    embed: (images: readonly Float32Array[]) => model.embed(images.map(back)),
    loss: (image: Float32Array, objective: Parameters<typeof model.loss>[1]) =>
      model.loss(back(image), objective),
    async lossGradient(image: Float32Array, objective: Parameters<typeof model.loss>[1]) {
      const given = await model.lossGradient(back(image), objective);
      return { ...given, gradient: back(given.gradient) };
    },
  };
}
const one = modelSystem("one", fakeModel(), yieldToHost);
const other = modelSystem("other", turned(), yieldToHost);
const HOST = { yieldToHost, system: async () => other };
const PICTURE = Float32Array.from(
  { length: SIDE * SIDE },
  (_, i) => 0.5 + 0.3 * Math.sin(i / 7) + 0.1 * Math.cos(i / 3) + 1e-3 * Math.sin(12.9898 * i),
);
const AWAY: AnswerObjective = {
  kind: "answer",
  aim: "away",
  answer: "yes",
  loss: "margin",
  promptIds: [1],
  answers: ["yes", "no"],
  answerTokenIds: [1, 2],
};

const pool = (change: Partial<Pool> = {}) =>
  pooledSystem(
    "pool",
    {
      members: [
        { label: "one", system: one },
        { label: "other", system: other },
      ],
      weigh: () => ({ weights: [0.3, 0.7] }),
      rule: "mean",
      atLeast: 0,
      ...change,
    },
    yieldToHost,
  );
const behind = (defense: string, params: Params = {}) =>
  defended(one, [{ id: "d", defense, enabled: true, seed: 1, params }], HOST);

test("the answer is the weighted mean of the probabilities, and the attacker's loss is its margin", async () => {
  const yes = async (system: typeof one) =>
    (await system.read(PICTURE, [WORDING])).answers[0]!.probabilities["yes"]!;
  const system = pool();
  const answer = (await system.read(PICTURE, [WORDING])).answers[0]!;
  expect(answer.probabilities["yes"]).toBeCloseTo(
    0.3 * (await yes(one)) + 0.7 * (await yes(other)),
    6,
  );
  expect(await system.evaluator(AWAY).loss(PICTURE)).toBeCloseTo(-answer.margin, 5);
  const entropy = system.evaluator({ ...AWAY, loss: "cross-entropy" });
  expect(await entropy.loss(PICTURE)).toBeCloseTo(-Math.log(answer.probabilities["yes"]!), 5);
});

test("a vote goes by the weight behind each answer, and turns when half of it has turned", async () => {
  const [a, b] = [one, other].map((system) => system.read(PICTURE, [WORDING]));
  const [first, second] = [(await a!).answers[0]!.answer, (await b!).answers[0]!.answer];
  for (const weights of [
    [0.3, 0.7],
    [0.8, 0.2],
  ]) {
    const system = pool({ rule: "vote", weigh: () => ({ weights }) });
    const answer = (await system.read(PICTURE, [WORDING])).answers[0]!;
    expect(answer.answer).toBe(weights[0]! > 0.5 ? first : second);
    expect(answer.margin > 0).toBe(answer.answer === "yes");
    expect((await system.evaluator(AWAY).loss(PICTURE)) > 0).toBe(answer.answer !== "yes");
    expect(system.gradient).toBe("bpda");
  }
  // Three of equal weight: the middle one decides.
  expect(votedLoss([-3, 2, -1], [1 / 3, 1 / 3, 1 / 3]).loss).toBe(-1);
  expect(votedLoss([3, 2, -1], [1 / 3, 1 / 3, 1 / 3]).loss).toBe(2);
});

test("who agrees is told by weight: of three, two with 6 % of it are no two thirds", async () => {
  const said = (await one.read(PICTURE, [WORDING])).answers[0]!;
  const saying = (answer: string, yes: number) => ({
    ...said,
    answer,
    probabilities: { yes, no: 1 - yes },
  });
  const members = [saying("yes", 0.9), saying("no", 0.2), saying("no", 0.3)];
  const options = { rule: "mean", atLeast: 0.5 } as const;
  const { answer, agreement } = pooledAnswer(members, [0.94, 0.02, 0.04], options);
  expect(answer).toBe("yes");
  expect(agreement).toEqual({ looks: 3, share: 0.94, isWeighed: true, abstains: false });
});

test("pooled margins are those of the mean probability, far out too", () => {
  const s = (m: number) => 1 / (1 + Math.exp(-m));
  const p = 0.25 * s(1.5) + 0.75 * s(-2);
  expect(pooledMargin([1.5, -2], [0.25, 0.75]).loss).toBeCloseTo(Math.log(p / (1 - p)), 12);
  expect(pooledMargin([-800, -900], [0.5, 0.5]).loss).toBeCloseTo(-800 + Math.log(0.5), 9);
});

test.each([
  ["margin", pooledMargin],
  ["cross-entropy", (losses: number[], w: readonly number[]) => pooledCrossEntropy(losses, w, 1)],
  ["towards", (losses: number[], w: readonly number[]) => pooledCrossEntropy(losses, w, -1)],
] as const)("pooled %s: derivatives by each loss and each weight", (name, pooled) => {
  const losses = name === "towards" ? [-0.4, -2.1, -0.9] : [0.4, 2.1, 0.9];
  const weights = [0.2, 0.5, 0.3];
  const nudged = (values: readonly number[], k: number, by: number) =>
    values.map((v, i) => (i === k ? v + by : v));
  const { byLoss, byWeight } = pooled(losses, weights);
  for (const k of [0, 1, 2]) {
    const slope = (at: (by: number) => number) => (at(1e-5) - at(-1e-5)) / 2e-5;
    expect(slope((by) => pooled(nudged(losses, k, by), weights).loss)).toBeCloseTo(byLoss[k]!, 6);
    expect(slope((by) => pooled(losses, nudged(weights, k, by)).loss)).toBeCloseTo(byWeight[k]!, 6);
  }
});

test("what a gated pool calls exact agrees with central differences, gate and all", async () => {
  const system = pool({ weigh: (image) => pairGate(image) });
  const cells = [AWAY, { ...AWAY, aim: "towards", answer: "no" }] as const;
  for (const objective of cells) {
    const { ok, maxRelativeError } = await system.checkGradient(PICTURE, objective, 1);
    expect({ ok, maxRelativeError }).toMatchObject({ ok: true });
  }
});

test("the gate's own way back agrees with central differences for each expert", async () => {
  for (const expert of [0, 1, 2]) {
    const cotangents = [0, 0, 0].map((_, k) => (k === expert ? 1 : 0));
    const soft = softened();
    const check = await checkGradient({
      loss: async (x) => gate(Float32Array.from(x.data), 0.8, soft).weights[expert]!,
      gradient: gate(PICTURE, 0.8, soft).pullback!(cotangents),
      x: floatTensor(PICTURE, [1, 1, SIDE, SIDE]),
      seed: 3,
      coordinates: 4,
      directions: 2,
    });
    expect(check).toMatchObject({ ok: true });
  }
});

test("features joined from all: unit length, cosines averaged, and an objective on them climbs", async () => {
  const system = pool();
  const moved = PICTURE.map((v, i) => v + 0.05 * Math.sin(i));
  const [a, b] = await system.embed([PICTURE, moved]);
  expect(Math.hypot(...a!)).toBeCloseTo(1, 6);
  const inner = (x: Float32Array, y: Float32Array) => x.reduce((sum, v, k) => sum + v * y[k]!, 0);
  const cosines = await Promise.all(
    [one, other].map(async (each) => {
      const [x, y] = await each.embed([PICTURE, moved]);
      return inner(x!, y!);
    }),
  );
  expect(inner(a!, b!)).toBeCloseTo(0.3 * cosines[0]! + 0.7 * cosines[1]!, 5);
  for (const loss of ["cosine", "squared-l2"] as const) {
    const objective: FeatureObjective = { kind: "feature", aim: "away", reference: a!, loss };
    const expected = loss === "cosine" ? 1 - inner(a!, b!) : 2 - 2 * inner(a!, b!);
    expect(await system.evaluator(objective).loss(moved)).toBeCloseTo(expected, 5);
  }
});

test("an ensemble has the open model and the others, equally or as it is told", async () => {
  const system = await behind("ensemble", { others: 0.5, base: 0, robust: 0, noise: 1 });
  const [first, second, ...rest] = await system.experts!(PICTURE, WORDING);
  expect(rest).toEqual([]);
  expect([first!.weight, second!.weight]).toEqual([0.5, 0.5]);
  expect(first!.answer.margin).not.toBe(second!.answer.margin);
  await expect(behind("ensemble", { base: 0, robust: 0, noise: 0 })).rejects.toThrow(
    /No other model/,
  );
});

test("models that mean other things by their tokens don't answer together", async () => {
  const strange = { ...other, manifest: { ...other.manifest, answerSpaces: {} } };
  const tried = defended(
    one,
    [{ id: "d", defense: "ensemble", enabled: true, seed: 1, params: {} }],
    {
      ...HOST,
      system: async () => strange,
    },
  );
  await expect(tried).rejects.toMatchObject({ code: "model-incompatible" });
});

test("the gate goes to the noisy expert with noise, and to the overlay expert with grid lines and stickers", () => {
  const size = { width: 224, height: 224 };
  const film = Float32Array.from({ length: 224 * 224 }, (_, i) => {
    const [x, y] = [i % 224, Math.floor(i / 224)];
    return 0.5 + 0.25 * Math.sin(x / 40) * Math.cos(y / 30);
  });
  const weights = (id: keyof typeof PERTURBATIONS, params: object) =>
    gate(PERTURBATIONS[id].apply(film, size, params, 1), 1).weights;
  const noisy = [0.02, 0.05, 0.15].map((sigma) => weights("gaussianNoise", { sigma })[1]!);
  expect(noisy[0]).toBeLessThan(noisy[1]!);
  expect(noisy[2]).toBeGreaterThan(0.9);
  const lines = weights("gridLines", { amplitude: 0.3 });
  expect(lines[2]).toBeGreaterThan(gate(film, 1).weights[2]!);
  expect(lines[2]).toBeGreaterThan(0.5);
  expect(gate(film, 1).weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  expect(gate(film, 0).weights).toEqual([1, 0, 0]);
});

test("overlay removal: a mark is filled from around it, lines are taken out, and a clean picture stays", () => {
  const size = 64;
  const film = Float32Array.from(
    { length: size * size },
    (_, i) => 0.3 + (0.2 * (i % size)) / size + (0.2 * Math.floor(i / size)) / size,
  );
  const filter = withoutOverlay(size);
  expect(filter(film).image).toBe(film);
  const marked = film.map((v, i) =>
    Math.abs((i % size) - 30) < 5 && Math.abs(Math.floor(i / size) - 20) < 4 ? 1 : v,
  );
  // Harmonic filling of a plane is the plane.
  const filled = filter(marked).image;
  expect(Math.max(...filled.map((v, i) => Math.abs(v - film[i]!)))).toBeLessThan(1e-4);
  const lined = film.map(
    (v, i) => v + 0.1 * Math.cos((2 * Math.PI * 16 * Math.floor(i / size)) / size),
  );
  const after = filter(lined).image;
  const rms = (x: Float32Array) =>
    Math.sqrt(x.reduce((sum, v, i) => sum + (v - film[i]!) ** 2, 0) / x.length);
  expect(rms(after)).toBeLessThan(0.1 * rms(lined));
  // The way back is the transpose.
  const random = randomStream(1, "overlay");
  const y = marked.map(() => random.normal());
  const d = marked.map((v) => (v === 1 ? 0 : 1e-3 * random.normal()));
  const step = filter(marked.map((v, i) => v + d[i]!)).image.map((v, i) => v - filled[i]!);
  const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  expect(inner(step, y)).toBeCloseTo(inner(d, filter(marked).pullback(y)), 4);
});

test("each feature's gradient agrees with central differences", async () => {
  for (const { id, measure } of FEATURES) {
    const image = id === "ink" ? PICTURE.map((v) => 0.9 + 0.1 * v) : PICTURE;
    const into = new Float64Array(image.length);
    measure(image, SIDE).addGradient(1, into);
    const check = await checkGradient({
      loss: async (x) => measure(Float32Array.from(x.data), SIDE).value,
      gradient: Float32Array.from(into),
      x: floatTensor(image, [1, 1, SIDE, SIDE]),
      seed: 2,
      coordinates: 3,
      directions: 2,
    });
    expect({ id, ...check }).toMatchObject({ id, ok: true });
  }
});

/** A gate of two, by the mean grey. */
function pairGate(image: Float32Array) {
  const mean = image.reduce((sum, v) => sum + v, 0) / image.length;
  const p = 1 / (1 + Math.exp(-8 * (mean - 0.5)));
  return {
    weights: [p, 1 - p],
    pullback: ([a = 0, b = 0]: readonly number[]) =>
      image.map(() => ((a - b) * 8 * p * (1 - p)) / image.length),
  };
}

/** A gate that is nowhere near 0 or 1. */
function softened() {
  const values = Object.fromEntries(
    FEATURES.map(({ id, measure }) => [id, measure(PICTURE, SIDE).value]),
  );
  const slope = (k: number) =>
    Object.fromEntries(FEATURES.map(({ id }, f) => [id, 0.5 * Math.sin(1 + f + 3 * k)]));
  return {
    features: Object.fromEntries(
      FEATURES.map(({ id }) => [id, { mean: values[id]! - 0.3, sd: 0.5 }]),
    ),
    experts: { noisy: { bias: 0.2, ...slope(1) }, overlay: { bias: -0.1, ...slope(2) } },
  } as unknown as Parameters<typeof gate>[2];
}

test("a text is as likely as in the mixture, and attention the members' mean", async () => {
  const text = {
    kind: "text",
    aim: "towards",
    loss: "log-likelihood",
    promptIds: [1],
    textIds: [1],
  } as const;
  const mask = PICTURE.map((_, i) => (i < PICTURE.length / 2 ? 1 : 0));
  const seen = {
    kind: "attention",
    aim: "away",
    loss: "mass",
    of: "encoder",
    promptIds: [],
    mask,
  } as const;
  const lossOf = (system: System, objective: typeof text | typeof seen) =>
    system.evaluator(objective).loss(PICTURE);
  const [a, b] = [await lossOf(one, text), await lossOf(other, text)];
  const mixed = Math.log(0.3 * Math.exp(a) + 0.7 * Math.exp(b));
  expect(await lossOf(pool(), text)).toBeCloseTo(mixed, 6);
  const away = pool().evaluator({ ...text, aim: "away" });
  expect(await away.loss(PICTURE)).toBeCloseTo(-mixed, 6);
  const mean = 0.3 * (await lossOf(one, seen)) + 0.7 * (await lossOf(other, seen));
  expect(await lossOf(pool(), seen)).toBeCloseTo(mean, 6);
});
