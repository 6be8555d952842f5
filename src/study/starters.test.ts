import { expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { planRuns, planSize } from "./plan.ts";
import { FINDING_KINDS } from "../phantom/spec.ts";
import { parseStudy } from "./schema.ts";
import { axisChoices, findingsStudy, honestyStudy, studyFrom } from "./starters.ts";

test("what is on the bench can be varied, and every choice makes a study that runs", () => {
  const choices = axisChoices(defaultSpec());
  expect(choices.map(({ label }) => label)).toEqual([
    "Strength of quantum noise (dose)",
    "Epsilon of PGD (/255)",
    "Severity 1 to 5 of quantum noise (dose)",
    "Model",
    "Precision of the weights",
    "Wording of the question",
  ]);
  for (const { key } of choices) {
    const study = studyFrom(defaultSpec(), { axes: [key], cases: 4 });
    expect(parseStudy(JSON.parse(JSON.stringify(study)))).toEqual(study);
    expect(planSize(study).rows).toBeGreaterThanOrEqual(12);
  }
});

test("a study of the bench's own case is the bench's experiment, level by level", () => {
  const spec = defaultSpec();
  const runs = [...planRuns(studyFrom(spec, { axes: ["item1"], cases: "this" }))];
  expect(runs.map(({ levels }) => levels["epsilon"])).toEqual([0, 0.5, 1, 2, 4, 8]);
  const changed = { ...spec, certificate: { ...spec.certificate, enabled: false } };
  expect(runs.map((run) => ({ ...run.spec!, stack: [] }))).toEqual(
    runs.map(() => ({ ...changed, stack: [] })),
  );
  expect(runs[3]!.spec!.stack).toEqual([spec.stack[0], { ...spec.stack[1], epsilon: 2 }]);
});

test("defenses are varied against none, and a reader's own model stands beside the lab's", () => {
  const spec = {
    ...defaultSpec(),
    model: { id: "own-0123456789ab", precision: "fp32" as const },
    defenses: [
      { id: "d", defense: "jpegFilter", enabled: true, seed: 1, params: { loss: 25 } },
      { id: "off", defense: "medianFilter", enabled: false, seed: 1, params: { radius: 1 } },
      { id: "nil", defense: "gaussianFilter", enabled: true, seed: 1, params: { sigma: 0 } },
    ],
  };
  const runs = [...planRuns(studyFrom(spec, { axes: ["defenses"], cases: "this" }))];
  expect(runs.map(({ spec: run }) => run!.defenses.map(({ defense }) => defense))).toEqual([
    [],
    ["jpegFilter"],
  ]);
  // At strength 0 the bare model answers, bit for bit: nothing that could be compared with it.
  const still = { ...spec, defenses: spec.defenses.slice(1) };
  expect(axisChoices(still).map(({ key }) => key)).not.toContain("defenses");
  const models = [...planRuns(studyFrom(spec, { axes: ["model"], cases: "this" }))];
  expect(models.at(-1)!.levels["system"]).toBe("the model on the bench");
  expect(models.at(-1)!.spec!.model).toEqual(spec.model);
});

test("two items of one kind are two axes", () => {
  const spec = defaultSpec();
  const twice = {
    ...spec,
    stack: spec.stack.flatMap((item) => [item, { ...item, id: `${item.id}b` }]),
  };
  const keys = axisChoices(twice)
    .slice(0, 4)
    .map(({ key }) => key);
  const study = studyFrom(twice, { axes: keys.slice(0, 2), cases: "this" });
  expect(parseStudy(study).axes.map(({ name }) => name)).toEqual(["strength", "strength2"]);
  expect(planSize(study).rows).toBe(36);
});

test("the honesty card of the bench's defenses over any cases is a study that runs, with the reader's own settings", () => {
  const card = { instrument: "honestyCard", enabled: false, seed: 7, params: { epsilon: 1 } };
  const defense = { id: "d", defense: "noiseVote", enabled: true, seed: 1, params: {} };
  const spec = { ...defaultSpec(), defenses: [defense], instruments: [card] };
  const study = honestyStudy(spec, 3);
  expect(parseStudy(JSON.parse(JSON.stringify(study)))).toEqual(study);
  const runs = [...planRuns(study)];
  expect(runs).toHaveLength(3);
  for (const run of runs) {
    expect(run.problem).toBeUndefined();
    expect(run.spec!.stack).toEqual([]);
    expect(run.spec!.instruments).toMatchObject([
      { enabled: true, seed: 7, params: { epsilon: 1, steps: 15 } },
    ]);
  }
  // An attacker with one draw is another one only where there are draws.
  expect(study.measures).toContain("honestyCard.naiveFlipped");
  const filter = { ...defense, defense: "gaussianFilter" };
  expect(honestyStudy({ ...spec, defenses: [filter] }, "this").measures).not.toContain(
    "honestyCard.naiveFlipped",
  );
});

test("each finding of a phantom is asked of each case, with nothing that disturbs", () => {
  const study = findingsStudy(defaultSpec(), 5);
  expect(parseStudy(JSON.parse(JSON.stringify(study)))).toEqual(study);
  const runs = [...planRuns(study)];
  expect(runs).toHaveLength(5 * FINDING_KINDS.length);
  const asked = new Set(runs.map(({ spec }) => spec!.question));
  expect(asked).toContain("Is there a pleural effusion?");
  expect(asked.size).toBe(FINDING_KINDS.length);
  expect(runs.every(({ spec }) => spec!.stack.length === 0)).toBe(true);
});
