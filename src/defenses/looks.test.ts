/** Defenses by several looks: how answers are combined, when they abstain, and whose draws are whose. */
import { expect, test, vi } from "vitest";
import { recognizeQuestion } from "../language/recognize.ts";
import { randomStream } from "../numerics/random.ts";
import { modelSystem } from "../system/modelSystem.ts";
import { givenAnswer, hasFlipped } from "../system/reading.ts";
import type { AnswerResult } from "../system/reading.ts";
import type { Params } from "../system/param.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { defended } from "./defended.ts";
import { combinedAnswer } from "./looks/combine.ts";
import { drawn, noisy } from "./looks/draws.ts";
import { STILL, warp } from "./looks/warp.ts";

const HOST = { yieldToHost: async () => {} };
const fake = fakeModel();
const model = modelSystem("fake", fake, HOST.yieldToHost);
const WORDING = recognizeQuestion("Is there a pleural effusion?");
const PICTURE = Float32Array.from(
  { length: model.size ** 2 },
  (_, i) => Math.round(255 * (0.5 + 0.3 * Math.sin(i / 7))) / 255,
);

/** The upper half. */
const MASK = PICTURE.map((_, i) => (i < PICTURE.length / 2 ? 1 : 0));

const behind = (defense: string, params: Params, seed = 1, isPreview = false) =>
  defended(model, [{ id: "x", defense, enabled: true, seed, params }], HOST, isPreview);

/** A yes/no answer of a given margin. */
function look(margin: number): AnswerResult {
  const yes = 1 / (1 + Math.exp(-margin));
  const answer = margin > 0 ? "yes" : "no";
  return {
    question: "q",
    answer,
    corrected: answer,
    polarity: 1,
    probabilities: { yes, no: 1 - yes },
    massOutside: 0,
    margin,
    strategy: "plain",
    trained: true,
  };
}

test("looks are combined by their mean logits: the margin is the mean of the margins", () => {
  const made = combinedAnswer([look(4), look(-1), look(-1)], 0.5);
  expect(made.answer).toBe("yes");
  expect(made.margin).toBeCloseTo(2 / 3, 12);
  expect(made.probabilities["yes"]).toBeCloseTo(1 / (1 + Math.exp(-2 / 3)), 9);
  expect(made.agreement).toEqual({ looks: 3, share: 1 / 3, abstains: true });
  expect(givenAnswer(made)).toBe("unsure");
  // An answer that is not given can't have flipped.
  expect(hasFlipped(made, look(-3))).toBeNull();
  expect(hasFlipped(look(2), combinedAnswer([look(-3), look(-2)], 1))).toBe(true);
});

test("an augmentation vote with one look is the model, with several a mean over fixed looks", async () => {
  const bare = (await model.read(PICTURE, [WORDING])).answers[0]!;
  const one = (await (await behind("augmentationVote", { looks: 1 })).read(PICTURE, [WORDING]))
    .answers[0]!;
  expect(one.margin).toBeCloseTo(bare.margin, 6);
  const system = await behind("augmentationVote", { looks: 5 });
  const first = (await system.read(PICTURE, [WORDING])).answers[0]!;
  expect(first.agreement!.looks).toBe(5);
  expect(first.margin).not.toBeCloseTo(bare.margin, 6);
  expect((await system.read(PICTURE.slice(), [WORDING])).answers[0]).toEqual(first);
});

test.each([
  { kind: "text", loss: "log-likelihood", promptIds: [3], textIds: [1] },
  { kind: "attention", loss: "mass", of: "encoder", promptIds: [], mask: MASK },
  { kind: "attention", loss: "scores", of: "answer", promptIds: [3], mask: MASK },
] as const)("feature smoothing with still copies has the model's own loss: %o", async (goal) => {
  const objective = { ...goal, aim: "towards" as const };
  const expected = await model.evaluator(objective).loss(PICTURE);
  const still = await behind("featureSmoothing", { sigma: 1e-6, copies: 2, eot: 2 });
  expect(await still.evaluator(objective).loss(PICTURE)).toBeCloseTo(expected, 4);
  const moved = await behind("featureSmoothing", { sigma: 0.2, copies: 2, eot: 2 });
  expect(await moved.evaluator(objective).loss(PICTURE)).not.toBeCloseTo(expected, 4);
});

test("feature smoothing answers from the mean tokens of its own copies", async () => {
  const copies = 12;
  const sigma = 0.1;
  const system = await behind("featureSmoothing", { sigma, copies, eot: 4 }, 7);
  const before = fake.calls.encode;
  const answer = (await system.read(PICTURE, [WORDING])).answers[0]!;
  expect(fake.calls.encode - before).toBe(copies);
  // The fake model's logit is linear in its tokens: the mean token's margin is the mean of the copies' margins.
  const margins: number[] = [];
  for (const { image } of drawn(PICTURE, { seed: 7, count: copies, by: "answer" }, (x, random) =>
    noisy(x, sigma, random),
  )) {
    margins.push((await model.read(image, [WORDING])).answers[0]!.margin);
  }
  expect(answer.margin).toBeCloseTo(margins.reduce((a, b) => a + b, 0) / copies, 5);
  const again = (await system.read(PICTURE.slice(), [WORDING])).answers[0]!;
  expect(again.margin).toBe(answer.margin);
  const other = await behind("featureSmoothing", { sigma, copies, eot: 4 }, 8);
  expect((await other.read(PICTURE, [WORDING])).answers[0]!.margin).not.toBe(answer.margin);
});

test("feature smoothing shows the attention of its first copies, and the same answer for it", async () => {
  const system = await behind("featureSmoothing", { sigma: 0.1, copies: 12, eot: 2 }, 7);
  const looks: boolean[] = [];
  const encode = vi.spyOn(fake, "encode");
  const { attention } = await system.read(PICTURE, [WORDING]);
  for (const [, look] of encode.mock.calls) looks.push(look?.maps !== false);
  expect(looks).toEqual(Array.from({ length: 12 }, (_, k) => k < 8));
  for (const { maps, heads } of attention) {
    expect(maps.reduce((sum, v) => sum + v, 0)).toBeCloseTo(heads, 4);
  }
  encode.mockClear();
  const goal = { kind: "text", loss: "log-likelihood", aim: "away" } as const;
  await system.evaluator({ ...goal, promptIds: [3], textIds: [1] }).loss(PICTURE);
  expect(encode.mock.calls.every(([, look]) => look?.maps === false)).toBe(true);
  encode.mockRestore();
});

test("feature smoothing stands next to the model or behind filters, and says so elsewhere", async () => {
  const item = (defense: string) => ({ id: defense, defense, enabled: true, seed: 1, params: {} });
  const fine = await defended(model, [item("gaussianFilter"), item("featureSmoothing")], HOST);
  expect(fine.gradient).toBe("expectation");
  const outside = defended(model, [item("featureSmoothing"), item("gaussianFilter")], HOST);
  await expect(outside).resolves.toBeDefined();
  await expect(
    defended(model, [item("featureSmoothing"), item("noiseVote")], HOST),
  ).rejects.toMatchObject({ code: "spec-invalid", hint: expect.stringContaining("Move") });
});

test("an attacker's draws are not the answer's, and belong to the picture", () => {
  const first = (by: "answer" | "attacker", image: Float32Array) =>
    [...drawn(image, { seed: 1, count: 1, by }, (x, random) => noisy(x, 0.1, random))][0]!.image;
  expect(first("answer", PICTURE)).toEqual(first("answer", PICTURE.slice()));
  expect(first("answer", PICTURE)).not.toEqual(first("attacker", PICTURE));
  const moved = PICTURE.slice();
  moved[5]! += 1 / 255;
  const noiseOf = (image: Float32Array) => first("answer", image).map((v, i) => v - image[i]!);
  expect(noiseOf(moved)).not.toEqual(noiseOf(PICTURE));
});

test("a preview looks less often, under a name of its own", async () => {
  const full = await behind("augmentationVote", { looks: 8 });
  const preview = await behind("augmentationVote", { looks: 8 }, 1, true);
  expect(preview.key).not.toBe(full.key);
  expect((await preview.read(PICTURE, [WORDING])).answers[0]!.agreement!.looks).toBe(3);
});

test("a warp's way back is its transpose, and a shift moves the picture where it says", () => {
  const size = 24;
  const random = randomStream(2, "warp");
  const x = Float32Array.from({ length: size * size }, () => random.normal());
  const y = x.map(() => random.normal());
  for (const beyond of ["edge", "black"] as const) {
    const moved = warp(size, { dx: 2.3, dy: -1.2, degrees: 7, zoom: 0.9, gain: 1.1, beyond })(x);
    const inner = (a: Float32Array, b: Float32Array) => a.reduce((s, v, i) => s + v * b[i]!, 0);
    expect(inner(moved.image, y)).toBeCloseTo(inner(x, moved.pullback(y)), 3);
  }
  const spot = new Float32Array(size * size);
  spot[10 * size + 10] = 1;
  const shifted = warp(size, { ...STILL, dx: 3, dy: -2 })(spot).image;
  expect(shifted[8 * size + 13]).toBe(1);
  // Never mirrored: what is on the left stays there.
  expect(warp(size, STILL)(x).image).toEqual(x);
});
