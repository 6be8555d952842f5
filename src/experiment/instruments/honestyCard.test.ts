/** The honesty card on a model whose gradients are known: it says when a defense only hides its gradient. */
import { expect, test, vi } from "vitest";
import { filterDefense } from "../../defenses/filterDefense.ts";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { defaultSpec } from "../defaultSpec.ts";
import type { StageResults } from "../results.ts";
import { runExperiment } from "../run.ts";
import type { ExperimentSpec } from "../spec.ts";
import { cardResult } from "./honestyText.ts";
import type { Trial, TrialId } from "./honestyText.ts";
import type { InstrumentResult } from "./instrumentResult.ts";

vi.mock("../../defenses/registry.ts", async (original) => {
  const { DEFENSES } = await original<typeof import("../../defenses/registry.ts")>();
  // Defends nothing and hides its gradient: the oldest way to look robust.
  const mask = filterDefense({
    ...DEFENSES["bitDepth"]!,
    id: "mask",
    gradient: "bpda",
    filter: () => (image) => ({
      image: image.slice(),
      pullback: (cotangent) => cotangent.map(() => 0),
    }),
  });
  return { DEFENSES: { ...DEFENSES, mask } };
});

async function cardOf(
  defense: string | null,
  { strongSteps = 40, ...params }: Record<string, number> = {},
) {
  const spec: ExperimentSpec = {
    ...defaultSpec(),
    stack: [],
    certificate: { ...defaultSpec().certificate, enabled: false },
    relevance: { enabled: false },
    defenses: defense ? [{ id: "d", defense, enabled: true, seed: 1, params }] : [],
    instruments: [
      {
        instrument: "honestyCard",
        enabled: true,
        seed: 1,
        params: { epsilon: 8, steps: 8, strongSteps, queries: 50 },
      },
    ],
  };
  const results: Partial<StageResults> = {};
  for await (const event of runExperiment(spec, "full", labAround(fakeModel()))) {
    if (event.type === "stage") Object.assign(results, { [event.stage]: event.payload });
  }
  return results["instrument:honestyCard"]!;
}

const valueOf = ({ quantities }: InstrumentResult, id: string) =>
  quantities.find((quantity) => quantity.id === id)?.value;

test("without a defense there is nothing to judge", async () => {
  expect((await cardOf(null)).obstacle).toMatch(/no defense/);
});

test("a filter that hides its gradient is found out", async () => {
  const card = await cardOf("mask", { removed: 1 });
  expect(card.statement).toContain("gradient is zero everywhere");
  expect(card.statement).toContain("gradient is masked");
  // It hands the picture on as it is: the one who does not know of it does as well as on the bare model.
  expect(valueOf(card, "transferLoss")).toBeGreaterThan(valueOf(card, "adaptiveLoss")!);
  expect(valueOf(card, "cleanMargin")).toBe(valueOf(card, "bareMargin"));
});

test("an answer that holds is attacked once more by the strong attack, one that is turned is not", async () => {
  const first = await cardOf("mask", { removed: 1, strongSteps: 0 });
  const then = await cardOf("mask", { removed: 1 });
  expect(valueOf(first, "adaptiveFlipped")).toBe(0);
  expect(valueOf(then, "adaptiveLoss")).toBeGreaterThan(valueOf(first, "adaptiveLoss")!);
  const turned = await cardOf("gaussianFilter", { sigma: 0.3, strongSteps: 0 });
  expect(valueOf(turned, "adaptiveFlipped")).toBe(1);
  const asTurned = await cardOf("gaussianFilter", { sigma: 0.3 });
  expect(valueOf(asTurned, "adaptiveLoss")).toBe(valueOf(turned, "adaptiveLoss"));
});

test("an honest filter: the one who knows does at least as well as the one who does not", async () => {
  const card = await cardOf("gaussianFilter", { sigma: 2 });
  expect(valueOf(card, "adaptiveLoss")).toBeGreaterThanOrEqual(valueOf(card, "transferLoss")!);
  expect(valueOf(card, "adaptiveLoss")).toBeGreaterThanOrEqual(valueOf(card, "blackBoxLoss")!);
  expect(valueOf(card, "flags")).toBe(0);
  expect(card.tables![0]!.rows).toHaveLength(3);
  expect(card.statement).toMatch(/Behind the defense the clean answer is (yes|no)/);
});

test("an answer that is withheld under attack is called lost, not kept", () => {
  const yes = {
    question: "Is there a pleural effusion?",
    answer: "yes",
    corrected: "yes",
    polarity: 1,
    probabilities: { yes: 0.9, no: 0.1 },
    massOutside: 0,
    margin: 2.2,
    strategy: "plain",
  } as const;
  const trial = (id: TrialId, flipped: boolean | null): Trial => ({
    id,
    answer: { ...yes, agreement: { looks: 4, share: 0.5, abstains: flipped === null } },
    flipped,
    bareFlipped: true,
    loss: -1,
    isStrong: false,
    isMasked: false,
  });
  const said = (transfer: boolean | null, adaptive: boolean | null) =>
    cardResult({
      clean: yes,
      bare: yes,
      trials: [trial("transfer", transfer), trial("adaptive", adaptive)],
      gradient: "exact",
      cleanLoss: -2.2,
      noiseFloor: 0,
      isFlat: false,
      slowdown: 4,
      draws: 1,
      epsilon: 3,
    }).statement;
  expect(said(false, false)).toContain("The gain survives every attacker tried");
  expect(said(false, null)).toContain(
    "it abstains: no wrong answer is given, and the right one is",
  );
  expect(said(null, true)).toContain("it abstains against one who does not know of the defense");
  expect(said(false, true)).toContain("it holds against one who does not know of the defense");
});

test("a random defense is attacked over at least 20 draws, beside an attacker with one", async () => {
  const card = await cardOf("noiseVote", { sigma: 0.1, looks: 4, eot: 2 });
  expect(card.statement).toContain("averaged over 20 draws");
  expect(card.tables![0]!.rows).toHaveLength(4);
  expect(valueOf(card, "adaptiveLoss")).toBeGreaterThanOrEqual(valueOf(card, "naiveLoss")! - 0.05);
  expect(valueOf(card, "adaptiveAbstains")).toBeDefined();
});
