/** An attack that sees the steps after it is judged by the picture they make, and does better through them. */
import { expect, test } from "vitest";
import { labAround } from "../testing/fakeLab.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { defaultSpec } from "./defaultSpec.ts";
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

test("another later step is another attack, and a link brings it back", async () => {
  const seeing = { ...ATTACK, foresees: true } as const;
  const one = await stages(seeing);
  const other = await stages(seeing, { ...NOISE, seed: 4 });
  expect(other.disturbed.items[0]!.trace!.loss).not.toEqual(one.disturbed.items[0]!.trace!.loss);
  const spec = validateSpec({ ...defaultSpec(), stack: [seeing, NOISE] });
  expect(decodeShareLink(encodeShareLink({ spec, view: {} })).spec).toEqual(spec);
});
