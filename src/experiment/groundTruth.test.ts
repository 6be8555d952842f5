/** The truth that readers are shown, taken from a run's own results: what a run loses, no test of phantoms alone can see. */
import { describe, expect, test } from "vitest";
import bank from "../language/questionBank.json" with { type: "json" };
import { plainQuestions } from "../language/questionBank.ts";
import { answerFor } from "../language/questionTruth.ts";
import { recognizeQuestion } from "../language/recognize.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import type { VisionLanguageModel } from "../model/visionLanguageModel.ts";
import type { FindingSpec, PhantomSpec } from "../phantom/spec.ts";
import { labAround } from "../testing/fakeLab.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { defaultSpec } from "./defaultSpec.ts";
import { groundTruth } from "./groundTruth.ts";
import { summarizeResults } from "./manifest.ts";
import type { StageResults } from "./results.ts";
import { runExperiment } from "./run.ts";

/** A model that has a word for every question of the bank. */
function model(): VisionLanguageModel {
  const fake = fakeModel();
  const answerSpaces = Object.fromEntries(
    Object.entries(bank.answerSpaces).map(([id, answers]) => [
      id,
      { answers, tokenIds: answers.map((_, k) => k) },
    ]),
  );
  return { ...fake, manifest: { ...fake.manifest, answerSpaces } };
}

/** What the page and the headless lab receive of a run about the phantom. */
async function resultsOf(phantom: PhantomSpec, question: string): Promise<Partial<StageResults>> {
  const results: { -readonly [S in keyof StageResults]?: StageResults[S] } = {};
  const spec = {
    ...defaultSpec(),
    case: { kind: "phantom", phantom } as const,
    question,
    stack: [],
    certificate: { ...defaultSpec().certificate, enabled: false },
  };
  const events = runExperiment(spec, "preview", labAround(model()));
  for await (const event of events) {
    if (event.type === "stage") Object.assign(results, { [event.stage]: event.payload });
  }
  return results;
}

async function truthOf(findings: readonly FindingSpec[], question: string) {
  const { input } = await resultsOf({ seed: 5, findings }, question);
  return groundTruth(question, input!.truth!);
}

const bilateral: PhantomSpec = {
  seed: 5,
  patient: { view: "AP", portable: true },
  findings: [
    { kind: "effusion", side: "left", amount: 900 },
    { kind: "effusion", side: "right", amount: 200 },
  ],
};

test.each([
  ["Is there a pleural effusion?", "yes"],
  ["Is a pleural effusion absent?", "no"],
  ["Is the left effusion larger than the right?", "yes"],
  ["Is the right effusion larger than the left?", "no"],
  ["How big is the pleural effusion?", "large"],
  ["Is there a large pleural effusion?", "yes"],
  ["Is there a small pleural effusion on the left?", "no"],
  ["Is there a moderate pleural effusion?", "no"],
  ["Which side is the pleural effusion on?", "both"],
  ["Was this radiograph taken with a portable machine?", "yes"],
  ["Is this a PA or an AP view?", "ap"],
  ["Is there a pneumothorax?", "no"],
  ["Which side is the pneumothorax on?", null],
  ["Is there pneumonia?", null],
])("%s %s", async (question, answer) => {
  const { input } = await resultsOf(bilateral, question);
  expect(groundTruth(question, input!.truth!)?.answer).toBe(answer);
});

describe("sizes at and beside their borders", () => {
  test.each([
    ["effusion", 200, "small"],
    ["effusion", 345, "small"],
    ["effusion", 350, "moderate"],
    ["effusion", 845, "moderate"],
    ["effusion", 850, "large"],
    ["effusion", 1200, "large"],
    ["pneumothorax", 19, "small"],
    ["pneumothorax", 20, "moderate"],
    ["pneumothorax", 38, "large"],
    ["nodule", 15, "small"],
    ["nodule", 16, "moderate"],
    ["nodule", 30, "large"],
  ] as const)("%s of %d is %s", async (kind, amount, size) => {
    const findings = [{ kind, side: "left", amount }] as const;
    const term = {
      effusion: "pleural effusion",
      pneumothorax: "pneumothorax",
      nodule: "lung nodule",
    };
    expect((await truthOf(findings, `How large is the ${term[kind]}?`))?.answer).toBe(size);
    for (const asked of ["small", "moderate", "large"]) {
      const truth = await truthOf(findings, `Is there a ${asked} ${term[kind]}?`);
      expect(truth?.answer, asked).toBe(asked === size ? "yes" : "no");
    }
  });
});

test("a run answers every question of the menu as the training data does, and says why", async () => {
  const phantom: PhantomSpec = {
    seed: 8,
    findings: [
      { kind: "effusion", side: "right", amount: 500 },
      { kind: "nodule", side: "left", amount: 12 },
      { kind: "cardiomegaly", amount: 0.58 },
      { kind: "tube", amount: 40 },
    ],
  };
  const { input } = await resultsOf(phantom, "Is this radiograph normal?");
  const rendered = renderPhantom(phantom, 64);
  for (const { text } of plainQuestions()) {
    const truth = groundTruth(text, input!.truth!)!;
    expect(truth.answer, text).toBe(answerFor(recognizeQuestion(text), rendered));
    expect(truth.reason, text).toMatch(/^[A-Z].*\.$/);
  }
});

test.each([
  [
    "Is there a moderate pleural effusion?",
    [{ kind: "effusion", side: "left", amount: 340 }],
    "There is a small left pleural effusion (340 mL; here moderate begins at 350 and large at 850 mL).",
  ],
  [
    "Are there lines or tubes?",
    [{ kind: "effusion", side: "left", amount: 340 }],
    "The phantom has no tube, line or pacemaker.",
  ],
  [
    "Are there lines or tubes?",
    [{ kind: "line", side: "right" }],
    "There is a right central venous line.",
  ],
  [
    "Is there pneumonia?",
    [],
    "Phantoms do not model pneumonia, so this question has no ground truth here.",
  ],
  [
    "How large is the lung nodule?",
    [],
    "The phantom has no lung nodule, so there is no size to name.",
  ],
  [
    "Is the left effusion larger than the right?",
    [{ kind: "effusion", side: "left", amount: 340 }],
    "The left effusion holds 340 mL, the right 0 mL.",
  ],
  ["Is this radiograph normal?", [], "The phantom has no finding and no device."],
] as const)("%s of %j: %s", async (question, findings, reason) => {
  expect((await truthOf(findings, question))?.reason).toBe(reason);
});

test("the manifest of a run states its findings whole, and the right answer", async () => {
  const question = "How large is the pleural effusion?";
  const results = await resultsOf(bilateral, question);
  const { input } = JSON.parse(JSON.stringify(summarizeResults(results)));
  expect(input.truth).toMatchObject({
    answer: "large",
    findings: [
      { kind: "effusion", side: "left", amount: 900, unit: "mL", size: "large" },
      { kind: "effusion", side: "right", amount: 200, unit: "mL", size: "small" },
    ],
  });
});

test("a text that is no question has no truth", async () => {
  const { input } = await resultsOf(bilateral, "Is there a pleural effusion?");
  expect(groundTruth("What is the meaning of this?", input!.truth!)).toBeNull();
});
