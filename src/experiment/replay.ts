/** What a share link promises about a run, and the comparison of that promise with what came out here. */
import type { Precision } from "../model/manifest.ts";
import type { SessionFactory } from "../model/session.ts";
import type { StageResults } from "./results.ts";

/** The numbers a replay must reproduce, and where they were made. */
export interface ReplayNumbers {
  readonly answerClean: string;
  readonly answerDisturbed: string;
  /** Logits. */
  readonly marginClean: number;
  readonly marginDisturbed: number;
  /** Cosine of the clean and the disturbed image embedding. */
  readonly featureCosine: number;
  readonly backend: SessionFactory["backend"];
  readonly precision: Precision;
  readonly modelSha256: string;
}

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

/** "reproduced" when the model is the same and every number agrees within REPLAY_TOLERANCE, whatever ran it. */
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
  return `The model files are others: ${short(expected.modelSha256)} in the link, ${short(actual.modelSha256)} here.`;
}

function differentText(what: string, expected: string, actual: string): string | undefined {
  if (expected === actual) return undefined;
  return `The ${what} was ${expected} in the link and is ${actual} here.`;
}

function differentNumber(
  what: string,
  expected: number,
  actual: number,
  tolerance: keyof typeof REPLAY_TOLERANCE,
): string | undefined {
  const limit = REPLAY_TOLERANCE[tolerance];
  if (Math.abs(expected - actual) <= limit) return undefined;
  return `The ${what} was ${expected} in the link and is ${rounded(actual)} here (tolerance ${limit}).`;
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
