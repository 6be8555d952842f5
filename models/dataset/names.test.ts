import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FINDING_TERMS, expandQuestions } from "../../src/language/questionBank.ts";
import { adapterWordings } from "./adapterWordings.ts";
import { names } from "./names.ts";
import { trainingWordings } from "./trainingWordings.ts";

test("the names that Python reads are the lab's", () => {
  const committed = readFileSync(new URL("../penumbra_models/names.json", import.meta.url), "utf8");
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(names())));
});

test("every label of the shipped manifests is a name, in the same order", () => {
  for (const model of ["base", "robust", "noise"]) {
    const file = new URL(`../../public/models/${model}/manifest.json`, import.meta.url);
    const manifest = JSON.parse(readFileSync(file, "utf8")) as {
      labels: string[];
      answerSpaces: Record<string, { answers: string[] }>;
    };
    expect(manifest.labels).toEqual(names().labels);
    for (const [space, { answers }] of Object.entries(manifest.answerSpaces)) {
      expect(answers).toEqual(names().answerSpaces[space as "yes-no"]);
    }
  }
});

test("no wording of training is one of the question bank, and each has a question", () => {
  const bank = new Set(expandQuestions().map(({ text }) => text.toLowerCase()));
  const known = new Set(expandQuestions().map(({ canonicalId }) => canonicalId));
  const training = [...trainingWordings(FINDING_TERMS), ...adapterWordings(FINDING_TERMS)];
  expect(training.filter(({ text }) => bank.has(text)).map(({ text }) => text)).toEqual([]);
  expect(training.filter(({ canonicalId }) => !known.has(canonicalId))).toEqual([]);
  expect(training.filter(({ text }) => /[{}]/.test(text))).toEqual([]);
  expect(new Set(training.map(({ text }) => text)).size).toBe(training.length);
});
