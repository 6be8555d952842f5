/** An attack that sees the steps after it is judged by the picture they make, and does better through them. */
import { expect, test } from "vitest";
import { UNSEEN_IS_BETTER } from "../attacks/bothWays.ts";
import type { Objective } from "../model/objective.ts";
import type { System } from "../system/system.ts";
import { labAround } from "../testing/fakeLab.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { defaultSpec } from "./defaultSpec.ts";
import { runAttack } from "./disturb.ts";
import { foreseeing } from "./foresight.ts";
import type { StageResults } from "./results.ts";
import { runExperiment } from "./run.ts";
import type { AttackItem, PerturbationItem } from "./spec.ts";
import { decodeShareLink } from "./shareLink/decode.ts";
import { encodeShareLink } from "./shareLink/encode.ts";
import { validateSpec } from "./validateSpec.ts";

const ATTACK: AttackItem = {
  id: "a",
  type: "attack",
  attack: "pgd",
  enabled: true,
  seed: 1,
  norm: "linf",
  epsilon: 4,
  steps: 12,
  relativeStep: 0.25,
  restarts: 1,
  goal: { kind: "untargeted" },
};
const NOISE: PerturbationItem = {
  id: "n",
  type: "perturbation",
  perturbation: "gaussianNoise",
  enabled: true,
  seed: 3,
  params: { sigma: 0.02 },
};

const OBJECTIVE: Objective = {
  kind: "answer",
  aim: "away",
  answer: "yes",
  loss: "margin",
  promptIds: [],
  answers: ["yes", "no"],
  answerTokenIds: [1, 2],
};
const HOST = { signal: { aborted: false }, yieldToHost: async () => {} };

async function stages(attack: AttackItem, later = NOISE) {
  const opening = defaultSpec();
  const spec = validateSpec({
    ...opening,
    certificate: { ...opening.certificate, enabled: false },
    stack: [attack, later],
  });
  const results: Partial<StageResults> = {};
  for await (const event of runExperiment(spec, "full", labAround(fakeModel()))) {
    if (event.type === "stage") Object.assign(results, { [event.stage]: event.payload });
  }
  return results as StageResults;
}

test("the last loss of its trace is that of the finished picture, and no smaller than the other's", async () => {
  const [blind, seeing] = [await stages(ATTACK), await stages({ ...ATTACK, foresees: true })];
  const marginOf = ({ readout, clean }: StageResults) => {
    const { margin, answer } = readout.answer!;
    return answer === clean.answer!.answer ? -Math.abs(margin) : Math.abs(margin);
  };
  expect(seeing.disturbed.items[0]!.trace!.bestLoss.at(-1)).toBeCloseTo(marginOf(seeing), 4);
  expect(seeing.disturbed.items[0]!.trace!.gradient).toBe("bpda");
  expect(blind.disturbed.items[0]!.trace!.gradient).toBe("exact");
  expect(marginOf(seeing)).toBeGreaterThanOrEqual(marginOf(blind) - 1e-6);
  expect(seeing.disturbed.items[0]!.linf).toBeLessThanOrEqual(4 / 255 + 1e-6);
});

test("where the way back through the steps after it points wrong, it climbs as one who does not see them", async () => {
  // Which way is up turns at the middle, and the step after the attack turns the picture inside out.
  const middle = (image: Float32Array) => image.reduce((sum, v) => sum + v, 0) / image.length - 0.5;
  const system = {
    gradient: "exact",
    evaluator: () => ({
      loss: async (image: Float32Array) => middle(image) ** 2,
      lossAndGradient: async (image: Float32Array) => ({
        loss: middle(image) ** 2,
        gradient: image.map(() => 2 * middle(image)),
      }),
    }),
  } as unknown as System;
  const target = { system, objective: OBJECTIVE, aware: true };
  const inverted: PerturbationItem = {
    ...NOISE,
    perturbation: "inverted",
    params: { share: 1 },
  };
  const image = new Float32Array(64).fill(140 / 255);
  const seeing = runAttack(foreseeing(target, [inverted], 8), { image }, ATTACK, HOST);
  let step = await seeing.next();
  while (!step.done) step = await seeing.next();
  const { trace } = step.value!.item;
  // From 140 of 255 away from the middle, by all four levels.
  expect(trace!.bestLoss.at(-1)).toBeCloseTo((144 / 255 - 0.5) ** 2, 5);
  expect(trace!.warnings).toContain(UNSEEN_IS_BETTER);
});

test("another later step is another attack, and a link brings it back", async () => {
  const seeing = { ...ATTACK, foresees: true } as const;
  const one = await stages(seeing);
  const other = await stages(seeing, { ...NOISE, seed: 4 });
  expect(other.disturbed.items[0]!.trace!.loss).not.toEqual(one.disturbed.items[0]!.trace!.loss);
  const spec = validateSpec({ ...defaultSpec(), stack: [seeing, NOISE] });
  expect(decodeShareLink(encodeShareLink({ spec, view: {} })).spec).toEqual(spec);
});
