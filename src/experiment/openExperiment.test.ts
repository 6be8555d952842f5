import { expect, test } from "vitest";
import { LabError } from "../errors/labError.ts";
import { defaultSpec } from "./defaultSpec.ts";
import { openExperiment } from "./openExperiment.ts";
import type { ReplayNumbers } from "./replaySchema.ts";
import { encodeShareLink } from "./shareLink/encode.ts";

const NUMBERS: ReplayNumbers = {
  answerClean: "yes",
  answerDisturbed: "no",
  marginClean: 3.25,
  marginDisturbed: -1.5,
  featureCosine: 0.9312,
  backend: "wasm",
  precision: "int8",
  modelSha256: "0123456789abcdef".repeat(8),
};

/** What a saved run holds, as far as repeating it needs it. */
const MANIFEST = {
  format: "penumbra-run",
  version: 1,
  spec: defaultSpec(),
  environment: {
    lab: "0.1.0",
    backend: "wasm",
    precision: "int8",
    modelSha256: NUMBERS.modelSha256,
  },
  results: {
    clean: { answer: { corrected: "yes", margin: 3.25 } },
    readout: { answer: { corrected: "no", margin: -1.5 } },
    metrics: { featureCosine: 0.9312 },
  },
};

function refusal(text: string): LabError {
  try {
    openExperiment(text);
  } catch (error) {
    if (error instanceof LabError) return error;
  }
  throw new Error("not refused");
}

test("a link, a manifest and an experiment all open", () => {
  const spec = defaultSpec();
  expect(openExperiment(encodeShareLink({ spec, view: {}, expected: NUMBERS }))).toEqual({
    spec,
    view: {},
    expected: NUMBERS,
    origin: "link",
  });
  expect(openExperiment(JSON.stringify(MANIFEST))).toEqual({
    spec,
    view: {},
    expected: NUMBERS,
    origin: "manifest",
  });
  expect(openExperiment(JSON.stringify(spec))).toEqual({ spec, view: {}, origin: "experiment" });
});

test("a manifest of a model without answers promises its features", () => {
  const { results } = MANIFEST;
  const silent = {
    ...MANIFEST,
    results: { ...results, clean: { answer: null }, readout: { answer: null } },
  };
  expect(openExperiment(JSON.stringify(silent)).expected).toMatchObject({
    answerClean: "none",
    marginDisturbed: 0,
  });
});

test("a manifest of an unfinished run opens without numbers to compare", () => {
  const unfinished = { ...MANIFEST, results: { clean: MANIFEST.results.clean } };
  expect(openExperiment(JSON.stringify(unfinished)).expected).toBeUndefined();
});

test.each([
  ["words", "spec-invalid", "neither a Penumbra link nor JSON"],
  ["", "spec-invalid", "neither a Penumbra link nor JSON"],
  ["[1]", "spec-invalid", "The experiment"],
  [JSON.stringify({ ...MANIFEST, version: 3 }), "spec-invalid", "has version 3"],
  [JSON.stringify({ ...MANIFEST, results: 3 }), "spec-invalid", "results must be an object"],
  [
    JSON.stringify({ ...MANIFEST, environment: {} }),
    "spec-invalid",
    "environment.backend is missing",
  ],
  [
    JSON.stringify({ ...MANIFEST, environment: { ...MANIFEST.environment, backend: "abacus" } }),
    "spec-invalid",
    "run manifest is damaged",
  ],
  [
    JSON.stringify({ ...MANIFEST, spec: { ...MANIFEST.spec, question: 7 } }),
    "spec-invalid",
    "question",
  ],
  ["#p1.AAAAAAAAAAAA", "link-invalid", "This link"],
])("%s is refused with a sentence", (text, code, sentence) => {
  const error = refusal(text);
  expect(error.code).toBe(code);
  expect(error.message).toContain(sentence);
});
