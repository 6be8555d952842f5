/** What is read off a run's results, and where it is not defined. */
import { compareMaps } from "../explanations/mapComparison.ts";
import { grayImage } from "../image/grayImage.ts";
import type { StageResults } from "../experiment/results.ts";
import type { AttackItem, ExperimentSpec } from "../experiment/spec.ts";
import { mean } from "../numerics/sums.ts";
import type { AnswerResult } from "../system/reading.ts";

/** One run with what is known about its case. */
export interface MeasuredRun {
  readonly spec: ExperimentSpec;
  readonly results: Partial<StageResults>;
  /** The right answer as it would be spoken to this very wording; null where it is not known. */
  readonly truth: string | null;
  /** Milliseconds of one reading; null where none was made for this run. */
  readonly readingMs?: number | null;
}

export function rightBefore({ results, truth }: MeasuredRun): boolean | null {
  return isRight(results.clean?.answer, truth);
}

export function rightAfter({ results, truth }: MeasuredRun): boolean | null {
  return isRight(results.readout?.answer, truth);
}

function isRight(said: AnswerResult | null | undefined, truth: string | null): boolean | null {
  return said && truth !== null ? said.answer === truth : null;
}

export function attackSuccess(run: MeasuredRun): boolean | null {
  const attacks = run.spec.stack.filter(
    (item): item is AttackItem => item.type === "attack" && item.enabled,
  );
  const goal = attacks.at(-1)?.goal;
  const { clean, readout } = run.results;
  if (!goal || !clean?.answer || !readout?.answer) return null;
  if (goal.kind === "targeted") {
    if (clean.answer.corrected === goal.answer) return null;
    return readout.answer.corrected === goal.answer;
  }
  return rightBefore(run) === true ? rightAfter(run) === false : null;
}

export function spoken(said: AnswerResult | null | undefined): string | null {
  return said?.answer ?? null;
}

export function scoreForYes(said: AnswerResult | null | undefined): number | null {
  return said && "yes" in said.probabilities && "no" in said.probabilities
    ? said.polarity * said.margin
    : null;
}

export function confidence(said: AnswerResult | null | undefined): number | null {
  return said?.probabilities[said.answer] ?? null;
}

export function attackCost(
  { disturbed }: Partial<StageResults>,
  what: "gradientPasses" | "queries",
): number | null {
  const traces = (disturbed?.items ?? []).flatMap(({ trace }) => (trace ? [trace] : []));
  return traces.length === 0 ? null : traces.reduce((sum, trace) => sum + trace[what], 0);
}

export function relevanceSsim({ results: { relevance, clean } }: MeasuredRun): number | null {
  if (!relevance || "obstacle" in relevance || !clean) return null;
  const map = (data: Float32Array) => grayImage(data, ...clean.grid);
  return finite(compareMaps(map(relevance.clean), map(relevance.disturbed)).ssim);
}

export function averaged(values: readonly number[] | undefined): number | null {
  return values && values.length > 0 ? finite(mean(values)) : null;
}

export function scaled(value: number | undefined, factor: number): number | null {
  return value === undefined ? null : value * factor;
}

export function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
