// Rows are named by what made them, the model by its hash. When the lab's own part (phantom, noise, attack, numbers) gives
// another result, old rows must not pass as new ones: raise ROW_VERSION in rowKey.ts, then put the new numbers here.
import { expect, test } from "vitest";
import { runExperiment } from "../experiment/run.ts";
import { labAround } from "../testing/fakeLab.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { measureRun } from "./measureRun.ts";
import { planRuns } from "./plan.ts";
import { ROW_VERSION } from "./rowKey.ts";
import { parseStudy } from "./schema.ts";

const attack = { id: "attack", type: "attack", attack: "pgd", epsilon: 2, steps: 3 };
const behind = (defense: string, params: Readonly<Record<string, number>>) => ({
  stack: [attack],
  defenses: [{ id: "defense", defense, params }],
});

/** One run of each kind that has a way of its own to its numbers. */
const STUDY = parseStudy({
  format: "penumbra-study",
  version: 1,
  name: "Pinned",
  base: {},
  cases: [{ kind: "phantoms", firstSeed: 60, count: 1, findings: "balanced" }],
  axes: [
    {
      name: "kind",
      kind: "levels",
      levels: [
        {
          label: "noise, then PGD",
          set: {
            stack: [{ id: "n", type: "perturbation", perturbation: "quantumNoise" }, attack],
          },
        },
        { label: "through a vote", set: behind("noiseVote", { sigma: 0.1, looks: 3, eot: 2 }) },
        { label: "both ways back", set: behind("jpegFilter", { loss: 25 }) },
        {
          label: "l2",
          set: { stack: [{ ...attack, attack: "apgd", norm: "l2", epsilon: 0.5, steps: 6 }] },
        },
        {
          label: "by asking",
          set: {
            stack: [{ id: "ask", type: "attack", attack: "square", epsilon: 2, queries: 30 }],
          },
        },
        {
          label: "patch",
          set: {
            stack: [
              {
                id: "patch",
                type: "attack",
                attack: "patch",
                stamp: { x: 0.3, y: 0.3, side: 0.3, degrees: 0 },
              },
            ],
          },
        },
      ],
    },
  ],
});

test("the numbers of rows are those of this row version", async () => {
  const numbers: Record<string, readonly number[]> = {};
  for (const run of planRuns(STUDY)) {
    expect(run.problem).toBeUndefined();
    const { cells, error } = await measureRun(
      { spec: run.spec!, known: {}, stages: [] },
      { now: () => 0, run: (spec) => runExperiment(spec, "full", labAround(fakeModel())) },
    );
    expect(error).toBeUndefined();
    numbers[String(run.levels["kind"])] = ["marginClean", "margin", "featureCosine", "l2", "ssim"]
      .map((id) => Number(Number(cells[id]).toPrecision(4)))
      .concat(Number(cells["gradientPasses"]));
  }
  expect({ version: ROW_VERSION, numbers }).toEqual({
    version: 4,
    // Before and after, cosine, l2, SSIM, gradient passes.
    numbers: {
      "noise, then PGD": [0.1139, -0.0429, 0.9999, 0.5369, 0.9636, 3],
      "through a vote": [0.1175, -0.0785, 0.9992, 0.246, 0.9932, 3],
      "both ways back": [0.1097, -0.04039, 0.9999, 0.2476, 0.9932, 6],
      l2: [0.1139, -0.2293, 0.9996, 0.5, 0.9728, 6],
      "by asking": [0.1139, 0.1042, 1, 0.2484, 0.9988, 0],
      patch: [0.1139, -0.7475, 0.974, 4.692, 0.7653, 40],
    },
  });
});
