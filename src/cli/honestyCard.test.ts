/** The honesty card on the shipped weights: what it says of the opening case agrees with the attacks run by hand. */
import { expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { StageResults } from "../experiment/results.ts";
import type { AttackItem, ExperimentSpec } from "../experiment/spec.ts";
import { STARTS } from "../experiment/knowingAttack.ts";
import { nodeLab } from "./nodeLab.ts";

const DEFENSE = {
  id: "d",
  defense: "gaussianFilter",
  enabled: true,
  seed: 1,
  params: { sigma: 1 },
};
const PARAMS = { epsilon: 2, steps: 8, strongSteps: 0, draws: 20, queries: 50, samples: 50 };

const lab = nodeLab();

async function stagesOf(change: Partial<ExperimentSpec>) {
  const spec = defaultSpec();
  const stages: Partial<StageResults> = {};
  const run = lab.run(
    {
      ...spec,
      stack: [],
      relevance: { enabled: false },
      certificate: { ...spec.certificate, enabled: false },
      defenses: [DEFENSE],
      ...change,
    },
    "full",
    { aborted: false },
  );
  for await (const event of run) {
    if (event.type === "stage") Object.assign(stages, { [event.stage]: event.payload });
  }
  return stages;
}

test("its attackers are those of the stack: the same margins, the same flips", async () => {
  const card = (
    await stagesOf({
      instruments: [{ instrument: "honestyCard", enabled: true, seed: 1, params: PARAMS }],
    })
  )["instrument:honestyCard"]!;
  const value = (id: string) => card.quantities.find((quantity) => quantity.id === id)!.value;
  for (const [knowledge, trial] of [
    ["unaware", "transfer"],
    ["aware", "adaptive"],
  ] as const) {
    const attack: AttackItem = {
      id: "a",
      type: "attack",
      attack: "apgd",
      enabled: true,
      seed: 1,
      norm: "linf",
      epsilon: PARAMS.epsilon,
      steps: PARAMS.steps,
      restarts: STARTS,
      goal: { kind: "untargeted" },
      knowledge,
    };
    const { clean, readout } = await stagesOf({ stack: [attack] });
    const sign = clean!.answer!.answer === "yes" ? -1 : 1;
    expect(value(`${trial}Loss`)).toBeCloseTo(sign * readout!.answer!.margin, 4);
    expect(value(`${trial}Flipped`)).toBe(
      clean!.answer!.answer === readout!.answer!.answer ? 0 : 1,
    );
    expect(value("cleanMargin")).toBeCloseTo(clean!.answer!.margin, 6);
  }
  expect(value("adaptiveLoss")).toBeGreaterThanOrEqual(value("transferLoss"));
  const isBroken = ["transfer", "adaptive", "blackBox"].some((id) => value(`${id}Flipped`) === 1);
  expect(value("survives")).toBe(isBroken ? 0 : 1);
  // Noise of 0.05 leaves the answer alone on this case: the vote proves a radius, in units that the card states.
  expect(value("certifiedRadius")).toBeGreaterThan(0);
  expect(value("certified")).toBe(value("certifiedRadius") >= value("certifiedNeeded") ? 1 : 0);
}, 180_000);
