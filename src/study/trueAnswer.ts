/** What the right answer to a run is, of phantoms and of labelled films. */
import { groundTruth } from "../experiment/groundTruth.ts";
import type { StageResults } from "../experiment/results.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { correctedAnswer } from "../language/answer.ts";
import { interpretQuestion } from "../language/recognize.ts";

/** What is known of a reader's own film. */
export interface CaseLabels {
  /** Right answer to the question as it is asked. */
  readonly answer?: string;
  /** Findings by id: there or not there. */
  readonly labels?: Readonly<Record<string, boolean>>;
}

/** The right answer to the spec's wording, as spoken. */
export function trueAnswer(
  { question }: ExperimentSpec,
  { input }: Partial<StageResults>,
  known: CaseLabels,
): string | null {
  if (known.answer !== undefined) return known.answer;
  if (input?.truth) return groundTruth(question, input.truth)?.answer ?? null;
  const { understood } = interpretQuestion(question);
  if (!known.labels || !understood || understood.findingId === null) return null;
  // A label says whether, not where or how large.
  const asksWhether = understood.type === "presence" || understood.type === "heart";
  if (!asksWhether || understood.scope !== null || !understood.equivalent) return null;
  const label = known.labels[understood.findingId];
  return label === undefined ? null : correctedAnswer(label ? "yes" : "no", understood.polarity);
}
