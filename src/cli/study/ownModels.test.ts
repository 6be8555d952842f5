// A study on readers' own models: named by what they hold, asked like the others, and refused by name where they can't be.
import { expect, test } from "vitest";
import { planRuns } from "../../study/plan.ts";
import { parseStudy } from "../../study/schema.ts";
import { vlmFolder } from "../../testing/vlmFolders.ts";
import { nodeRowMaker } from "./modelHashes.ts";
import { withOwnModels } from "./ownModels.ts";
import { runJobs } from "./worker.ts";

const study = (models: readonly object[], base: object = {}) =>
  parseStudy({
    format: "penumbra-study",
    version: 1,
    name: "Own models",
    base: {
      question: "Is there a pleural effusion?",
      stack: [{ id: "attack", type: "attack", attack: "fgsm", epsilon: 4 }],
      ...base,
    },
    cases: [{ kind: "phantoms", firstSeed: 40, count: 1, findings: "balanced" }],
    axes: models.length > 0 ? [{ name: "system", kind: "model", models }] : [],
    measures: ["attackSuccess", "margin"],
  });

test("a folder and a bundled vision-language model are levels of a model axis beside the lab's own", async () => {
  const asked = study([{ id: "base" }, { id: "siglip-mini" }, { folder: "llava" }]);
  const named = await withOwnModels(asked, `${vlmFolder("llava")}/..`);
  const ids = [...named.models.keys()];
  expect(ids).toHaveLength(2);
  for (const id of ids) expect(id).toMatch(/^own-[0-9a-f]{12}$/);
  const runs = [...planRuns(named.study)];
  expect(runs.map(({ levels }) => levels["system"])).toEqual(["base", "siglip-mini", "llava"]);
  const maker = nodeRowMaker("native", named.models);
  const own = Object.fromEntries([...named.models].map(([id, { place }]) => [id, place]));
  const jobs = runs.map(({ spec, known }) => ({ spec: spec!, known, stages: [] }));
  const { outcomes } = await runJobs({ backend: "native", jobs, files: {}, own });
  for (const [k, { cells, error }] of outcomes.entries()) {
    expect(error).toBeUndefined();
    expect(Number.isFinite(cells["margin"])).toBe(true);
    expect(cells["margin"]).not.toBe(cells["marginClean"]);
    const { id, precision } = runs[k]!.spec!.model;
    expect(await maker.modelSha256(id, precision)).toMatch(/^[0-9a-f]{64,}$/);
  }
  expect(new Set(outcomes.map(({ cells }) => cells["margin"])).size).toBe(3);
}, 120_000);

test("the base may name one, and what is no model is refused in a sentence", async () => {
  const named = await withOwnModels(study([], { model: { folder: vlmFolder("siglip") } }), ".");
  expect([...planRuns(named.study)][0]!.spec!.model.id).toBe([...named.models.keys()][0]);
  await expect(withOwnModels(study([{ folder: "nowhere" }]), "/")).rejects.toMatchObject({
    code: "not-found",
    message: "There is no file or folder /nowhere.",
  });
  expect(() => [...planRuns(study([{ folder: "llava" }]))]).toThrow("has not been read");
  expect(() => study([{ id: "base", folder: "llava" }])).toThrow("either an id or a folder");
}, 120_000);
