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

const STUDY = parseStudy({
  format: "penumbra-study",
  version: 1,
  name: "Pinned",
  base: {
    stack: [
      { id: "noise", type: "perturbation", perturbation: "quantumNoise" },
      { id: "attack", type: "attack", attack: "pgd", epsilon: 2, steps: 3 },
    ],
  },
  cases: [{ kind: "phantoms", firstSeed: 60, count: 1, findings: "balanced" }],
  axes: [],
});

test("the numbers of rows are those of this row version", async () => {
  const [run] = planRuns(STUDY);
  const around = labAround(fakeModel());
  const { cells, error } = await measureRun(
    { spec: run!.spec!, known: {}, stages: [] },
    { now: () => 0, run: (spec) => runExperiment(spec, "full", around) },
  );
  expect(error).toBeUndefined();
  const numbers = ["marginClean", "margin", "featureCosine", "l2", "ssim", "gradientPasses"].map(
    (id) => Number(Number(cells[id]).toPrecision(4)),
  );
  expect({ version: ROW_VERSION, numbers }).toEqual({
    version: 2,
    numbers: [0.1139, -0.0429, 0.9999, 0.5369, 0.9636, 3],
  });
});
