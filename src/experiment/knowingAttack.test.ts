/** Of two attacks that leave an answer, the one is kept that turns it, and else the one that came nearer. */
import { expect, test } from "vitest";
import { modelSystem } from "../system/modelSystem.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { knowingAttack } from "./knowingAttack.ts";
import { objectiveOf } from "./objectiveOf.ts";
import { readOut } from "./readout.ts";

const QUESTION = "Is there a pleural effusion?";
const RULES = {
  id: "a",
  type: "attack",
  enabled: true,
  seed: 1,
  norm: "linf",
  epsilon: 4,
  goal: { kind: "untargeted" },
} as const;
const CONTEXT = { signal: { aborted: false }, yieldToHost: () => Promise.resolve() };

/** @param holds whether the answer still stands on the k-th picture that is judged */
async function found(holds: (k: number) => boolean) {
  const system = modelSystem("base", fakeModel(), CONTEXT.yieldToHost);
  const image = new Float32Array(system.size ** 2).fill(128 / 255);
  const clean = await readOut(system, image, QUESTION);
  const objective = objectiveOf(system, RULES.goal, { question: QUESTION, clean });
  const judged: Float32Array[] = [];
  const hasHeld = (picture: Float32Array) => {
    judged.push(picture);
    return Promise.resolve(holds(judged.length - 1));
  };
  const attack = await knowingAttack(
    { system, objective, aware: true },
    { image, rules: RULES, hasHeld },
    { steps: 5, strongSteps: 5 },
    CONTEXT,
  );
  return { attack: attack!, judged };
}

test("an answer that the first attack turns meets no second", async () => {
  const { attack, judged } = await found(() => false);
  expect(judged).toHaveLength(1);
  expect(attack).toMatchObject({ isStrong: false, image: judged[0] });
});

test("a second picture that turns the answer is kept, though its loss is no larger", async () => {
  const { attack, judged } = await found((k) => k === 0);
  expect(judged).toHaveLength(2);
  expect(attack.isStrong).toBe(true);
  expect(attack.image).toBe(judged[1]);
});

test("where neither turns it, the first is kept unless the second comes nearer", async () => {
  const { attack, judged } = await found(() => true);
  expect(attack.isStrong).toBe(true);
  // On a linear model both end in the same corner of the ball.
  expect(attack.image).toBe(judged[0]);
});
