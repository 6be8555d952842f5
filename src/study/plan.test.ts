import { expect, test } from "vitest";
import type { AttackItem } from "../experiment/spec.ts";
import { planRuns, planSize } from "./plan.ts";
import type { PlannedRun } from "./plan.ts";
import { parseStudy } from "./schema.ts";
import type { Study } from "./schema.ts";

const QUESTION = "Is there a pleural effusion?";

export function study(change: Record<string, unknown> = {}): Study {
  return parseStudy({
    format: "penumbra-study",
    version: 1,
    name: "test",
    base: {
      question: QUESTION,
      stack: [
        { id: "noise", type: "perturbation", perturbation: "quantumNoise" },
        { id: "attack", type: "attack", attack: "pgd", epsilon: 2 },
      ],
    },
    cases: [{ kind: "phantoms", firstSeed: 100, count: 4, findings: "balanced" }],
    axes: [],
    ...change,
  });
}

const all = (change: Record<string, unknown>): readonly PlannedRun[] => [
  ...planRuns(study(change)),
];

test("axes, cases and repeats multiply, and the models change slowest", () => {
  const change = {
    axes: [
      { name: "epsilon", kind: "field", path: "stack[attack].epsilon", values: [0, 1, 2] },
      { name: "system", kind: "model", models: [{ id: "base" }, { id: "robust" }] },
    ],
    repeats: 2,
  };
  const runs = all(change);
  expect(planSize(study(change))).toMatchObject({ cases: 4, rows: 48 });
  expect(runs).toHaveLength(48);
  expect(runs.map(({ index }) => index)).toEqual(runs.map((_, k) => k));
  expect(runs.slice(0, 24).every(({ spec }) => spec?.model.id === "base")).toBe(true);
  expect(runs.slice(24).every(({ spec }) => spec?.model.id === "robust")).toBe(true);
  expect(runs.slice(0, 7).map(({ caseId, levels, repeat }) => [caseId, levels, repeat])).toEqual([
    ["phantom 100", { epsilon: 0, system: "base" }, 0],
    ["phantom 100", { epsilon: 0, system: "base" }, 1],
    ["phantom 100", { epsilon: 1, system: "base" }, 0],
    ["phantom 100", { epsilon: 1, system: "base" }, 1],
    ["phantom 100", { epsilon: 2, system: "base" }, 0],
    ["phantom 100", { epsilon: 2, system: "base" }, 1],
    ["phantom 101", { epsilon: 0, system: "base" }, 0],
  ]);
  // One group per model and case.
  expect(new Set(runs.map(({ group }) => group)).size).toBe(8);
  expect(runs[1]!.spec!.stack.map(({ seed }) => seed)).toEqual([2, 2]);
});

test("items are completed with the settings of the attack they end up with", () => {
  const [fgsm, apgd, pgd] = all({
    cases: [{ kind: "phantoms", firstSeed: 1, count: 1, findings: "sampled" }],
    axes: [
      {
        name: "method",
        kind: "levels",
        levels: [
          { label: "FGSM", set: { "stack[1].attack": "fgsm" } },
          { label: "APGD-50", set: { "stack[1].attack": "apgd", "stack[1].steps": 50 } },
          { label: "PGD", set: {} },
        ],
      },
    ],
  }).map(({ spec }) => spec!.stack[1] as AttackItem);
  expect(fgsm).not.toHaveProperty("steps");
  expect(apgd).toMatchObject({ steps: 50, norm: "linf", restarts: 1, enabled: true });
  expect(pgd).toMatchObject({ attack: "pgd", steps: 10, relativeStep: 0.25, epsilon: 2 });
});

test("balanced phantoms have the finding asked about in every second case, and the question may come from an axis", () => {
  const runs = all({
    axes: [{ name: "finding", kind: "finding", findings: ["effusion", "nodule"] }],
  });
  const has = ({ spec, levels }: PlannedRun) =>
    spec!.case.kind === "phantom" &&
    spec!.case.phantom.findings.some(({ kind }) => kind === levels["finding"]);
  expect(runs.map(has)).toEqual([true, true, false, false, true, true, false, false]);
  expect(runs[1]!.spec!.question).toMatch(/nodule/i);
});

test("an axis may reach into the case, whose other findings stay", () => {
  const runs = all({
    cases: [
      { kind: "phantoms", firstSeed: 3, count: 1, findings: [{ kind: "effusion", side: "left" }] },
    ],
    axes: [
      {
        name: "volume",
        kind: "field",
        path: "case.phantom.findings[0].amount",
        values: [100, 900],
      },
      { name: "dose", kind: "field", path: "case.phantom.patient.exposure", values: [0.5] },
    ],
  });
  expect(runs.map(({ spec }) => spec!.case)).toEqual(
    [100, 900].map((amount) => ({
      kind: "phantom",
      phantom: {
        seed: 3,
        findings: [{ kind: "effusion", side: "left", amount }],
        patient: { exposure: 0.5 },
      },
    })),
  );
});

test("a wording axis takes the question's own wordings by strategy", () => {
  const runs = all({
    cases: [{ kind: "this" }],
    axes: [
      {
        name: "wording",
        kind: "wording",
        strategies: ["plain", "lexical", "negation"],
        perStrategy: 2,
      },
    ],
  });
  expect(runs[0]).toMatchObject({ levels: { wording: "plain 1" } });
  expect(runs[0]!.spec!.question).toBe(QUESTION);
  expect(new Set(runs.map(({ spec }) => spec!.question)).size).toBe(runs.length);
  expect(runs.some(({ levels }) => levels["wording"] === "negation 2")).toBe(true);
});

test("files bring their labels and their own questions", () => {
  const files = [
    { sha256: "a".repeat(64), labels: { effusion: true } },
    { sha256: "b".repeat(64), question: "Is there cardiomegaly?", answer: "no" },
  ];
  const runs = all({ cases: [{ kind: "files", files }] });
  expect(runs.map(({ caseId, known, spec }) => [caseId, known, spec!.question])).toEqual([
    ["file aaaaaaaaaaaaaaaa", { labels: { effusion: true } }, QUESTION],
    ["file bbbbbbbbbbbbbbbb", { answer: "no" }, "Is there cardiomegaly?"],
  ]);
});

test("cost is counted in passes of the encoder", () => {
  const one = (stack: unknown[]) =>
    planSize(study({ base: { question: QUESTION, stack }, cases: [{ kind: "this" }] }))
      .encoderPasses;
  expect(one([])).toBe(1.5);
  const pgd = { id: "a", type: "attack", attack: "pgd", epsilon: 2, steps: 10 };
  expect(one([pgd])).toBe(3 + 10 * 3);
});

test.each([
  [
    { cases: [{ kind: "phantoms", firstSeed: 1, count: 30_000, findings: "sampled" }] },
    "This study asks for 30,000 runs (30000 cases), and may ask for 20,000.",
  ],
  [
    { caps: { rows: 5 }, repeats: 2 },
    "This study asks for 8 runs (4 cases x 2 repeats), and may ask for 5.",
  ],
  [
    { cases: [{ kind: "phantoms", firstSeed: 1, count: 1, findings: [{ kind: "gout" }] }] },
    "cases[0].findings holds findings that no phantom has: [0].kind",
  ],
  [
    { axes: [{ name: "e", kind: "field", path: "stack[pgd].epsilon", values: [1] }] },
    'The path "stack[pgd].epsilon" names [pgd], but there are 2 entries (noise, attack).',
  ],
  [
    { axes: [{ name: "e", kind: "field", path: "stack[attack].epsilon", values: [1, 40] }] },
    "With e 40: stack[1].epsilon is 40, but must be a number from 0 to 16 (/255).",
  ],
  [
    { axes: [{ name: "e", kind: "field", path: "stack[attack].epsilonn", values: [1] }] },
    'With e 1: "epsilonn" is no field of stack[1].',
  ],
  [
    { base: { question: "Is the radiograph normal?" } },
    '"Is the radiograph normal?" asks about no finding of a phantom, so its phantoms can\'t be balanced.',
  ],
  [{ cases: [{ kind: "folder", path: "films" }] }, "The folder films has not been read."],
])("%# is refused in words before anything runs", (change, sentence) => {
  expect(() => planSize(study(change))).toThrow(sentence);
});

test.each([
  [{ format: "x" }, 'format is "x", but must be penumbra-study.'],
  [
    { axes: [{ name: "flip", kind: "field", path: "question", values: ["a"] }] },
    "axes has an axis with the name of a column",
  ],
  [{ axes: [{ name: "a", kind: "field", path: "__proto__.x", values: [1] }] }, "axes[0].path is"],
  [{ measures: ["beauty"] }, 'measures[0] is "beauty", but must be one of truth'],
  [{ cases: [] }, "cases is an empty list."],
  [{ color: 1 }, '"color" is no field of the study.'],
])("a study that is none: %j", (change, sentence) => {
  expect(() => study(change)).toThrow(sentence);
});
