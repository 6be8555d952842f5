/** Gains on the encoder's frequency bands, on the graphs as shipped. */
import { expect, it } from "vitest";
import { nodeLab } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { recognizeQuestion } from "../language/recognize.ts";
import type { AnswerObjective } from "../model/objective.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import type { System } from "../system/system.ts";
import { defended } from "./defended.ts";
import type { DefenseItem } from "./defense.ts";

const bare = await nodeLab(nodeSessions(1)).system("base", "int8");
const gray = renderPhantom({ seed: 21, findings: [{ kind: "effusion" }] }, 224).image.map(
  (value) => Math.round(255 * value) / 255,
);
const asked = recognizeQuestion("Is there a pleural effusion?");
const { answers, tokenIds } = bare.manifest.answerSpaces["yes-no"]!;
const objective: AnswerObjective = {
  kind: "answer",
  aim: "away",
  answer: "no",
  loss: "margin",
  promptIds: bare.encodePrompt(asked.text),
  answers,
  answerTokenIds: tokenIds,
};

function behind(params: DefenseItem["params"]): Promise<System> {
  const item = { id: "f", defense: "frequencyModules", enabled: true, seed: 1, params };
  return defended(bare, [item], { yieldToHost: async () => {} });
}
const marginOf = async (system: System) => (await system.read(gray, [asked])).answers[0]!.margin;

it("is the model itself where both gains are 0, and moves with each of its numbers", async () => {
  expect(await behind({ amount: 0, low: 0.5 })).toBe(bare);
  const own = await marginOf(bare);
  expect(await marginOf(await behind({ low: 0, high: 0 }))).toBeCloseTo(own, 5);
  const margins = [own];
  for (const params of [
    { low: -0.5, high: 0 },
    { low: 0, high: -0.5 },
    { low: 0, high: -0.5, radius: 6 },
    { low: 0, high: -0.5, amount: 0.5 },
  ]) {
    margins.push(await marginOf(await behind(params)));
  }
  expect(new Set(margins.map((margin) => margin.toFixed(3))).size).toBe(5);
});

it("has a slope that its own loss confirms, and that serves better than the bare model's", async () => {
  const system = await behind({ high: 1 });
  expect(await system.checkGradient(gray, objective, 1)).toMatchObject({ ok: true });
  const { loss, lossAndGradient } = system.evaluator(objective);
  const own = await lossAndGradient!(gray);
  const foreign = await bare.evaluator(objective).lossAndGradient!(gray);
  expect(own.loss).toBeCloseTo(await loss(gray), 4);
  const step = ({ gradient }: typeof own) =>
    loss(gray.map((value, i) => value + (0.2 / 255) * Math.sign(gradient[i]!)));
  const [aware, unaware] = [await step(own), await step(foreign)];
  expect(aware).toBeGreaterThan(unaware);
  expect(unaware).toBeGreaterThan(own.loss);
});
