/** What a share link or a manifest promises about a run, and the comparison of that promise with what came out here. */
import { z } from "zod";
import type { StageResults } from "./results.ts";

/** The numbers a replay must reproduce, and where they were made. Margins are in logits; featureCosine is that of the clean and the disturbed image embedding. */
export const replayNumbersSchema = z.strictObject({
  answerClean: z.string().max(60),
  answerDisturbed: z.string().max(60),
  marginClean: z.number(),
  marginDisturbed: z.number(),
  featureCosine: z.number().min(-1.001).max(1.001),
  backend: z.enum(["webgpu", "wasm", "native"]),
  precision: z.enum(["fp32", "fp16", "int8", "int4"]),
  modelSha256: z.string().regex(/^[0-9a-f:+-]{8,160}$/),
});
export type ReplayNumbers = Readonly<z.infer<typeof replayNumbersSchema>>;

export interface ReplayComparison {
  readonly status: "reproduced" | "differs";
  /** One sentence each. A reproduced run may still name another backend. */
  readonly differences: readonly string[];
}

/** Largest differences that still count as reproduced: float32 sums in another order, no more. */
export const REPLAY_TOLERANCE = { margin: 0.02, featureCosine: 0.002 } as const;

/** Rounded to what the tolerances can see, so that a link stays short. */
export function replayNumbers(
  results: Pick<StageResults, "clean" | "readout" | "metrics">,
  engine: Pick<ReplayNumbers, "backend" | "precision" | "modelSha256">,
): ReplayNumbers {
  const { clean, readout, metrics } = results;
  return {
    // An encoder without a text side promises its features only.
    answerClean: clean.answer?.corrected ?? "none",
    answerDisturbed: readout.answer?.corrected ?? "none",
    marginClean: rounded(clean.answer?.margin ?? 0),
    marginDisturbed: rounded(readout.answer?.margin ?? 0),
    featureCosine: rounded(metrics.featureCosine),
    backend: engine.backend,
    precision: engine.precision,
    modelSha256: engine.modelSha256,
  };
}

/**
 * "reproduced" when the model is the same and every number agrees within REPLAY_TOLERANCE, whatever ran it. In the
 * sentences "there" is the run of the link or manifest.
 */
export function compareReplay(expected: ReplayNumbers, actual: ReplayNumbers): ReplayComparison {
  const numbers = [
    differentModel(expected, actual),
    differentText("precision of the model", expected.precision, actual.precision),
    differentText("clean answer", expected.answerClean, actual.answerClean),
    differentText("disturbed answer", expected.answerDisturbed, actual.answerDisturbed),
    differentNumber("clean margin", expected.marginClean, actual.marginClean, "margin"),
    differentNumber("disturbed margin", expected.marginDisturbed, actual.marginDisturbed, "margin"),
    differentNumber(
      "feature cosine",
      expected.featureCosine,
      actual.featureCosine,
      "featureCosine",
    ),
  ].filter((sentence) => sentence !== undefined);
  const backend = differentText("backend", expected.backend, actual.backend);
  return {
    status: numbers.length === 0 ? "reproduced" : "differs",
    differences: backend === undefined ? numbers : [...numbers, backend],
  };
}

function differentModel(expected: ReplayNumbers, actual: ReplayNumbers): string | undefined {
  if (expected.modelSha256 === actual.modelSha256) return undefined;
  const short = (hash: string) => hash.slice(0, 8);
  return `The model files are others: ${short(expected.modelSha256)} there, ${short(actual.modelSha256)} here.`;
}

function differentText(what: string, expected: string, actual: string): string | undefined {
  if (expected === actual) return undefined;
  return `The ${what} was ${expected} there and is ${actual} here.`;
}

function differentNumber(
  what: string,
  expected: number,
  actual: number,
  tolerance: keyof typeof REPLAY_TOLERANCE,
): string | undefined {
  const limit = REPLAY_TOLERANCE[tolerance];
  if (Math.abs(expected - actual) <= limit) return undefined;
  return `The ${what} was ${expected} there and is ${rounded(actual)} here (tolerance ${limit}).`;
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
