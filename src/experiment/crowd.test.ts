/** The pictures that a pattern is learned on: those whose answer the attack is to turn, and none that pull the other way. */
import { expect, test } from "vitest";
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
  let crowd: Awaited<ReturnType<typeof crowdOf>>;
  try {
    crowd = await crowdOf(item(goal), { system, objective }, scope);
  } catch (error) {
    // This model says one thing of all phantoms: then it says so.
    expect(error).toMatchObject({ message: expect.stringContaining("No phantom") as unknown });
    return;
  }
  for (const picture of crowd!.pictures) {
    expect((await readOut(system, picture, question)).answer!.answer).toBe(answer);
  }
});

test("towards an answer it is learned on pictures that do not get it yet", async () => {
  const goal: GoalSpec = { kind: "targeted", answer: "yes" };
  const clean = await readOut(system, new Float32Array(system.size ** 2), question);
  const objective = objectiveOf(system, goal, { question, clean });
  const crowd = await crowdOf(item(goal), { system, objective }, scope).catch(() => undefined);
  for (const picture of crowd?.pictures ?? []) {
    expect((await readOut(system, picture, question)).answer!.answer).not.toBe("yes");
  }
});
