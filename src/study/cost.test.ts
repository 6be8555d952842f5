// What a run is expected to cost, by hand.
import { expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { parseStudy } from "./schema.ts";
import { encoderPasses, secondsFor } from "./cost.ts";
import { planRuns } from "./plan.ts";

const ATTACK = { id: "a", type: "attack", attack: "pgd", norm: "linf", epsilon: 2, steps: 10 };
const VOTE = { id: "v", defense: "noiseVote", params: { sigma: 0.05, looks: 4, eot: 2 } };
const FILTER = { id: "f", defense: "gaussianFilter", params: { sigma: 1 } };

function passes(base: object): number {
  const [run] = planRuns(
    parseStudy({
      format: "penumbra-study",
      version: 1,
      name: "One",
      base,
      cases: [{ kind: "this" }],
      axes: [],
    }),
  );
  return encoderPasses(run!.spec!, []);
}

test.each([
  // A reading is one pass and half of one for all wordings.
  ["nothing", {}, 1.5],
  ["an attack of ten gradients", { stack: [ATTACK] }, 2 * 1.5 + 30],
  ["the same through a filter", { stack: [ATTACK], defenses: [FILTER] }, 33],
  ["a vote of four", { defenses: [VOTE] }, 4 * 1.5],
  ["an attacker who averages two draws", { stack: [ATTACK], defenses: [VOTE] }, 2 * 6 + 60],
  [
    "one who does not know",
    { stack: [{ ...ATTACK, knowledge: "unaware" }], defenses: [VOTE] },
    2 * 6 + 30,
  ],
  ["a vote that is off", { defenses: [{ ...VOTE, enabled: false }] }, 1.5],
  ["a vote at strength 0", { defenses: [{ ...VOTE, params: { ...VOTE.params, sigma: 0 } }] }, 1.5],
])("%s", (_, base, expected) => {
  expect(passes(base)).toBe(expected);
});

test("what a run took beside its passes is added to every row", () => {
  const pilot = { perPass: 10, passes: 3, elapsedMs: 130 };
  expect(secondsFor({ rows: 100, passes: 300 }, pilot)).toBe((300 * 10 + 100 * 100) / 1000);
  // A pilot faster than its passes takes nothing off.
  expect(secondsFor({ rows: 100, passes: 300 }, { ...pilot, elapsedMs: 5 })).toBe(3);
});

test("an honesty card costs its attacks, and those through draws as many passes as there are draws", () => {
  const card = {
    instrument: "honestyCard",
    enabled: true,
    seed: 1,
    params: { steps: 10, strongSteps: 20, queries: 100, samples: 0 },
  };
  const defense = {
    id: "d",
    defense: "gaussianFilter",
    enabled: true,
    seed: 1,
    params: { sigma: 1 },
  };
  const cost = (change: Partial<ExperimentSpec>) =>
    encoderPasses({ ...defaultSpec(), stack: [], ...change }, []);
  const bare = cost({});
  expect(cost({ instruments: [{ ...card, enabled: false }] })).toBe(bare);
  expect(cost({ instruments: [card], defenses: [defense] }) - bare).toBe(
    3 * (10 * 4 + 2 * 40) + 100,
  );
  const random = { ...defense, defense: "resizePad", params: { shrink: 0.1, eot: 8 } };
  expect(cost({ instruments: [card], defenses: [random] }) - bare).toBe(
    3 * (10 * 22 + 40 + 10 * 20) + 100 * 20,
  );
});
