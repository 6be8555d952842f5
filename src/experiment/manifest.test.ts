import { expect, test } from "vitest";
import { defaultSpec } from "./defaultSpec.ts";
import { runManifest, summarizeResults } from "./manifest.ts";
import { measure } from "./measure.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import type { AnswerResult } from "../system/reading.ts";
import type { Readout, StageResults } from "./results.ts";

const PIXELS = 224 * 224;
/** A value that would be found again anywhere in the text. */
const picture = (): Float32Array => new Float32Array(PIXELS).fill(0.123456);

const answer: AnswerResult = {
  question: "Is there a pleural effusion?",
  answer: "yes",
  corrected: "yes",
  polarity: 1,
  probabilities: { yes: 0.9, no: 0.1 },
  massOutside: 0.001,
  margin: 2.197,
  strategy: "plain",
  trained: true,
};

const readout: Readout = {
  answer,
  paraphrases: [answer],
  embedding: picture(),
  grid: [16, 16],
  attention: [{ tap: "block0", kind: "self", layer: 0, heads: 3, grid: [2, 2], maps: picture() }],
  rollout: picture(),
};

const phantom = renderPhantom(
  { seed: 7, findings: [{ kind: "effusion", side: "left", amount: 500 }] },
  32,
);

const results: Partial<StageResults> = {
  input: {
    size: 224,
    image: picture(),
    statement: "Full range; 224 x 224",
    notices: ["a notice"],
    truth: {
      masks: { effusion: picture() },
      findings: phantom.findings,
      patient: phantom.patient,
      report: phantom.report,
    },
  },
  clean: readout,
  readout,
  disturbed: { image: picture(), items: [{ id: "pgd-1", label: "PGD", linf: 0.0078, l2: 1.2 }] },
  certificate: {
    n: 100,
    maxSamples: 1000,
    sigma: 0.1,
    alpha: 0.001,
    seed: 1,
    score: 0.97,
    scoreLower: 0.95,
    smoothedNormLower: 0.9,
    radius: 0.16,
    reach: { toClean: 0.16, toSmoothedClean: 0.16 },
    feature: "embedding",
    pilot: 0,
    curve: {
      radius: Float32Array.of(0, 0.5),
      toClean: Float32Array.of(0.9, NaN),
      toSmoothedClean: Float32Array.of(0.99, NaN),
    },
    stackL2: 1.2,
    atStack: { toClean: NaN, toSmoothedClean: NaN },
    history: { n: [100], scoreLower: [0.95] },
  },
};

const manifest = runManifest(
  defaultSpec(),
  results,
  {
    lab: "0.1.0",
    commit: "0123456",
    madeAt: "2026-01-02T03:04:05.000Z",
    machine: "a test",
    backend: "native",
    runtime: "onnxruntime-node",
    precision: "int8",
    modelSha256: "ab".repeat(64),
  },
  {
    id: "m",
    version: "1",
    files: [
      { path: "v8.onnx", role: "vision", precision: "int8", bytes: 10, sha256: "a".repeat(64) },
      { path: "v32.onnx", role: "vision", precision: "fp32", bytes: 40, sha256: "b".repeat(64) },
    ],
  },
);
const text = JSON.stringify(manifest);

test("a manifest holds no picture, mask, map or embedding", () => {
  expect(text).not.toContain("0.1234");
  expect(text.length).toBeLessThan(5000);
});

test("a manifest names spec, seeds, files in use and every number", () => {
  expect(manifest.spec).toEqual(defaultSpec());
  expect(manifest.seeds).toMatchObject({ "pgd-1": 1, certificate: 1 });
  expect(manifest.model.files).toEqual([
    { path: "v8.onnx", role: "vision", sha256: "a".repeat(64), bytes: 10 },
  ]);
  const read = JSON.parse(text) as typeof manifest;
  expect(read.results.clean?.answer).toEqual(answer);
  expect(read.results.input?.truth?.findings).toEqual(results.input?.truth?.findings);
  expect(read.results.certificate?.scoreLower).toBe(0.95);
});

test("identical pictures are named, and a rate of no wordings is null", () => {
  const map = Float32Array.of(0.1, 0.2, 0.3, 0.4);
  const seen: Readout = {
    ...readout,
    attention: [{ ...readout.attention[0]!, heads: 1, maps: map }],
    rollout: map,
    grid: [2, 2],
  };
  const same = measure(
    { ...seen, paraphrases: [], image: picture() },
    { ...seen, image: picture() },
    224,
  );
  const { metrics } = summarizeResults({ metrics: same });
  expect(metrics).toMatchObject({ identical: true, psnr: null, flipRateClean: null });
  const moved = picture();
  moved[0]! += 0.5;
  const other = summarizeResults({
    metrics: measure({ ...seen, image: picture() }, { ...seen, image: moved }, 224),
  });
  expect(other.metrics?.identical).toBe(false);
  expect(other.metrics?.psnr).toBeCloseTo(10 * Math.log10(224 ** 2 / 0.25), 4);
  expect(other.metrics?.flipRateClean).toBe(0);
});

test("a bound that says nothing is null", () => {
  const { certificate } = (JSON.parse(text) as typeof manifest).results;
  expect(certificate?.curve.toClean[1]).toBeNull();
  expect(certificate?.atStack.toSmoothedClean).toBeNull();
});
