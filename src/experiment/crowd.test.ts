/** The pictures that a pattern is learned on: those whose answer the attack is to turn, and none that pull the other way. */
import { expect, test } from "vitest";
import type { System } from "../system/system.ts";
import { modelSystem } from "../system/modelSystem.ts";
import { labAround } from "../testing/fakeLab.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { crowdOf } from "./crowd.ts";
import { defaultSpec } from "./defaultSpec.ts";
import { objectiveOf } from "./objectiveOf.ts";
import { readOut } from "./readout.ts";
import type { AttackItem, GoalSpec } from "./spec.ts";
import type { StageScope } from "./stage.ts";

const system = modelSystem("fake", fakeModel(), async () => {});
const { question } = defaultSpec();

/** The same system with another mouth. */
const saying = (word: (image: Float32Array) => string): System => ({
  ...system,
  async read(image, wordings) {
    const reading = await system.read(image, wordings);
    const said = word(image);
    return { ...reading, answers: reading.answers.map((each) => ({ ...each, answer: said })) };
  },
});
/** Yes to about half of all pictures, by a bit of their pixels. */
const evenly = saying((image) => {
  const sum = image.reduce((total, v, i) => total + (i % 7) * Math.round(255 * v), 0);
  return sum % 2 === 0 ? "yes" : "no";
});
const scope = { spec: defaultSpec(), context: labAround(fakeModel()) } as unknown as StageScope;

const item = (goal: GoalSpec): AttackItem => ({
  id: "a",
  type: "attack",
  attack: "universalPerturbation",
  enabled: true,
  seed: 1,
  norm: "linf",
  epsilon: 4,
  steps: 5,
  phantoms: 4,
  restarts: 1,
  goal,
});

test.each(["yes", "no"])("to turn %s it is learned on pictures that get it", async (answer) => {
  const goal: GoalSpec = { kind: "untargeted" };
  const blank = new Float32Array(system.size ** 2);
  const seen = await readOut(system, blank, question);
  const clean = { ...seen, answer: { ...seen.answer!, answer } };
  const objective = objectiveOf(system, goal, { question, clean });
  const crowd = await crowdOf(item(goal), { system: evenly, objective }, scope);
  expect(crowd!.pictures).toHaveLength(4);
  for (const picture of crowd!.pictures) {
    expect((await readOut(evenly, picture, question)).answer!.answer).toBe(answer);
  }
  const never = crowdOf(item(goal), { system: saying(() => "unsure"), objective }, scope);
  await expect(never).rejects.toThrow("No phantom gets the answer");
});

test("towards an answer it is learned on pictures that do not get it yet", async () => {
  const goal: GoalSpec = { kind: "targeted", answer: "yes" };
  const clean = await readOut(system, new Float32Array(system.size ** 2), question);
  const objective = objectiveOf(system, goal, { question, clean });
  const crowd = await crowdOf(item(goal), { system: evenly, objective }, scope);
  expect(crowd!.pictures).toHaveLength(4);
  for (const picture of crowd!.pictures) {
    expect((await readOut(evenly, picture, question)).answer!.answer).toBe("no");
  }
});
