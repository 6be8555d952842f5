/**
 * A certificate of a defended system, and an attack that knows the defense and averages over the noise: inside the certified
 * radius the smoothed feature never passes the bound.
 */
import { expect, test } from "vitest";
import { answerVote } from "../certificates/answerVote.ts";
import { bestCosineBound } from "../certificates/featureCosine.ts";
import { gridBet } from "../certificates/gridBet.ts";
import { recognizeQuestion } from "../language/recognize.ts";
import type { AnswerObjective } from "../model/objective.ts";
import { randomStream } from "../numerics/random.ts";
import type { RandomStream } from "../numerics/random.ts";
import { modelSystem } from "../system/modelSystem.ts";
import { cosine, l2Norm } from "../tensor/norms.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import type { Params } from "../system/param.ts";
import { defended } from "./defended.ts";
import { DEFENSES } from "./registry.ts";

const yieldToHost = async () => {};
/** Any other model of the lab is another one of the same kind. */
const HOST = {
  yieldToHost,
  system: async (id: string) => modelSystem(id, fakeModel(), yieldToHost),
};
const SIGMA = 0.4;
const SIDE = 32;
const CELL = 4;
const model = modelSystem("fake", fakeModel(), HOST.yieldToHost);
const PICTURE = Float32Array.from(
  { length: SIDE * SIDE },
  (_, i) => 0.08 + 0.06 * Math.sin(i / 37) * Math.cos(i / 5),
);

test.each([
  ["gaussianFilter", { sigma: 1.5 }],
  ["resample", { lost: 0.5 }],
  ["medianFilter", { radius: 1 }],
] as const)("behind %s the bound holds against an attack through it", async (defense, params) => {
  const system = await defended(
    model,
    [{ id: "d", defense, enabled: true, seed: 1, params }],
    HOST,
  );
  const [clean] = await system.embed([PICTURE]);
  const draws = (name: string, n: number) => {
    const random = randomStream(5, name);
    return Array.from({ length: n }, () => PICTURE.map(() => SIGMA * random.normal()));
  };
  const bet = gridBet();
  const noisy = draws("certificate", 1500).map((n) => n.map((v, i) => v + PICTURE[i]!));
  for (const embedding of await system.embed(noisy)) bet.add((1 + cosine(embedding, clean!)) / 2);
  const lower = bet.lowerBound(0.001);

  /** Cosine of the smoothed feature at `x` to the clean feature, over given noise. */
  const smoothedCosine = async (x: Float32Array, noise: readonly Float32Array[]) => {
    const seen = await system.embed(noise.map((n) => n.map((v, i) => v + x[i]!)));
    const sum = clean!.map((_, k) => seen.reduce((total, e) => total + e[k]!, 0));
    return cosine(sum, clean!);
  };
  const radius = 0.5 * SIGMA;
  const bound = bestCosineBound(lower, radius / SIGMA, "clean");
  expect(bound).toBeGreaterThan(0);

  // The attacker moves whole cells, which is all that this model sees, down the slope over his own draws.
  const training = draws("attacker", 12);
  const cellOf = (i: number) =>
    Math.floor(Math.floor(i / SIDE) / CELL) * (SIDE / CELL) + Math.floor((i % SIDE) / CELL);
  const cells = (SIDE / CELL) ** 2;
  const start = await smoothedCosine(PICTURE, training);
  const slope = new Float64Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    const moved = PICTURE.map((v, i) => (cellOf(i) === cell ? v + 0.02 : v));
    slope[cell] = (await smoothedCosine(moved, training)) - start;
  }
  const direction = PICTURE.map((_, i) => -slope[cellOf(i)]!);
  const length = l2Norm(direction);
  const attacked = PICTURE.map((v, i) => v + (radius * direction[i]!) / length);
  const verdict = draws("verdict", 800);
  const reached = await smoothedCosine(attacked, verdict);
  expect(reached).toBeLessThan(await smoothedCosine(PICTURE, verdict));
  expect(reached).toBeGreaterThanOrEqual(bound);
});

/** Away from "yes" by the margin. */
const AWAY: AnswerObjective = {
  kind: "answer",
  aim: "away",
  answer: "yes",
  loss: "margin",
  promptIds: [1],
  answers: ["yes", "no"],
  answerTokenIds: [1, 2],
};
const WORDING = recognizeQuestion("Is there a pleural effusion?");

/** Settings that are cheaper than a defense's own, or bite where they hardly do. */
const SETTINGS: Readonly<Record<string, Params>> = {
  gaussianFilter: { sigma: 1.5 },
  bitDepth: { removed: 5 },
  bilateralFilter: { width: 0.5 },
  totalVariation: { steps: 4 },
  augmentationVote: { looks: 3, agreement: 0 },
  noiseVote: { looks: 2, agreement: 0, eot: 1 },
  featureSmoothing: { copies: 2, eot: 1 },
  resizePad: { eot: 1 },
};
// Networks need the model they were trained for (linked.test.ts).
const ids = Object.keys(DEFENSES).filter((id) => DEFENSES[id]!.group !== "network");

test.each(ids)(
  "behind %s the answer by vote holds against projected ascent over 8 draws a step",
  async (defense) => {
    const params = SETTINGS[defense] ?? {};
    const item = { id: "d", defense, enabled: true, seed: 1, params };
    const system = await defended(model, [item], HOST);
    const { lossAndGradient } = system.evaluator(AWAY);
    const random = (name: string) => randomStream(9, name);
    const noisy = (x: Float32Array, stream: RandomStream) =>
      x.map((v) => v + SIGMA * stream.normal());
    const share = async (x: Float32Array, name: string, n: number) => {
      const stream = random(name);
      let yes = 0;
      for (let k = 0; k < n; k++) {
        const [said] = (await system.read(noisy(x, stream), [WORDING])).answers;
        if (said!.answer === "yes") yes++;
      }
      return yes / n;
    };
    // Moved along the slope until the vote is clear and yet not unanimous: there a radius is neither 0 nor endless.
    const { gradient } = await lossAndGradient!(PICTURE);
    const up = gradient.map((g) => -g / l2Norm(gradient));
    const towardsYes = (by: number) => PICTURE.map((v, i) => v + by * up[i]!);
    let [low, high] = [-4, 4];
    for (let k = 0; k < 8; k++) {
      const middle = (low + high) / 2;
      if ((await share(towardsYes(middle), "start", 50)) < 0.9) low = middle;
      else high = middle;
    }
    const start = towardsYes(high);
    const vote = answerVote("yes", { sigma: SIGMA, alpha: 0.001, seed: 1 });
    const stream = random("certificate");
    for (let k = 0; k < 200; k++) {
      vote.add((await system.read(noisy(start, stream), [WORDING])).answers[0]!.answer === "yes");
    }
    const { radius } = vote.certificate();
    expect(radius).toBeGreaterThan(0.1 * SIGMA);

    const dice = random("attacker");
    const attacked = async (reach: number) => {
      let x = start;
      for (let step = 0; step < 8; step++) {
        const slope = new Float64Array(x.length);
        for (let draw = 0; draw < 8; draw++) {
          const given = await lossAndGradient!(noisy(x, dice));
          given.gradient.forEach((g, i) => (slope[i]! += g));
        }
        const length = Math.hypot(...slope) || 1;
        const moved = x.map((v, i) => v - start[i]! + (0.3 * reach * slope[i]!) / length);
        const shrink = Math.min(1, reach / l2Norm(moved));
        x = moved.map((v, i) => start[i]! + shrink * v);
      }
      return x;
    };
    const inside = await share(await attacked(radius), "verdict", 150);
    expect(inside).toBeGreaterThan(0.5);
    // The attacker is worth the name: he takes votes inside, and turns the majority further out.
    expect(inside).toBeLessThan(await share(start, "verdict", 150));
    expect(await share(await attacked(3 * radius), "verdict", 100)).toBeLessThan(0.5);
  },
  60_000,
);
