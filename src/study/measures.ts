/**
 * What a study reads off a run: one entry per measure, which says what it is, when it is empty and what it needs. A row
 * holds every measure of the stages that ran, so that another choice of measures computes nothing again; a new
 * measure here is a reason to raise ROW_VERSION (rowKey.ts).
 */
import { INSTRUMENT_CATALOG } from "../experiment/instruments/catalog.ts";
import type { StageName, StageResults } from "../experiment/results.ts";
import { correctedAnswer } from "../language/answer.ts";
import type { Cell, ColumnType } from "./rowColumns.ts";
import {
  attackCost,
  attackSuccess,
  averaged,
  confidence,
  finite,
  relevanceSsim,
  rightAfter,
  rightBefore,
  scaled,
  scoreForYes,
  spoken,
} from "./runReaders.ts";
import type { MeasuredRun } from "./runReaders.ts";

/**
 * What a measure may need beyond "metrics": stages, and "maps" of attention, which are megabytes a look and which a run
 * does without unless asked.
 */
export type Need = StageName | "maps";

export interface Measure {
  readonly label: string;
  /** "" for pure numbers. */
  readonly unit: string;
  readonly type: ColumnType;
  readonly help: string;
  /** What must be there beyond "metrics"; the measure is empty without it. */
  readonly needs?: readonly Need[];
  /** Null where the measure is not defined: such a run is in no denominator. */
  read(run: MeasuredRun): Cell;
}

const flag = (label: string, help: string, read: Measure["read"]): Measure => ({
  label,
  unit: "",
  type: "flag",
  help,
  read,
});
const text = (label: string, help: string, read: Measure["read"]): Measure => ({
  label,
  unit: "",
  type: "text",
  help,
  read,
});
const number = (
  [label, unit]: readonly [string, string],
  help: string,
  read: Measure["read"],
  needs?: readonly Need[],
): Measure => ({ label, unit, type: "number", help, read, ...(needs ? { needs } : {}) });

export const MEASURES = {
  truth: text("True answer", "Known of phantoms and labelled films.", ({ truth }) => truth),
  trueFinding: text(
    "Truth about the finding",
    "The true answer with yes and no swapped where the wording is negated.",
    ({ truth, results }) => {
      const polarity = results.clean?.answer?.polarity;
      return truth === null || polarity === undefined ? null : correctedAnswer(truth, polarity);
    },
  ),
  answerClean: text("Answer before", "As spoken, about the undisturbed picture.", (run) =>
    spoken(run.results.clean?.answer),
  ),
  answer: text("Answer", "As spoken, about the disturbed picture.", (run) =>
    spoken(run.results.readout?.answer),
  ),
  correctedClean: text(
    "What it says of the finding, before",
    "The answer with yes and no swapped where the wording is negated: comparable between wordings.",
    ({ results }) => results.clean?.answer?.corrected ?? null,
  ),
  corrected: text(
    "What it says of the finding",
    "The answer about the disturbed picture with yes and no swapped where the wording is negated: comparable between wordings.",
    ({ results }) => results.readout?.answer?.corrected ?? null,
  ),
  correctClean: flag(
    "Right before",
    "The answer about the undisturbed picture is the true one. Empty where the truth is not known.",
    rightBefore,
  ),
  correct: flag(
    "Right",
    "The answer about the disturbed picture is the true one. Empty where the truth is not known.",
    rightAfter,
  ),
  flip: flag(
    "Answer flips",
    "The stack changes the answer. Of all runs with an answer, right or wrong.",
    ({ results }) => results.metrics?.flipped ?? null,
  ),
  lost: flag(
    "Right answers lost",
    "Right before the stack and wrong after it. Of the runs that were right before.",
    (run) => (rightBefore(run) === true ? rightAfter(run) === false : null),
  ),
  attackSuccess: flag(
    "Attack success",
    "The attack in the stack makes a right answer wrong, or has the word said that it was to. Of the runs with an attack that were right before (for a stated word: that did not say it before).",
    attackSuccess,
  ),
  marginClean: number(
    ["Margin before", "logits"],
    "logit(yes) - logit(no) as spoken, or the answer's logit minus the runner-up's.",
    ({ results }) => results.clean?.answer?.margin ?? null,
  ),
  margin: number(
    ["Margin", "logits"],
    "logit(yes) - logit(no) as spoken of the disturbed picture, or the answer's logit minus the runner-up's.",
    ({ results }) => results.readout?.answer?.margin ?? null,
  ),
  scoreClean: number(
    ["Score for yes before", "logits"],
    "logit(yes) - logit(no) about the finding, whatever the wording's polarity: what an AUC ranks by. Yes/no questions only.",
    ({ results }) => scoreForYes(results.clean?.answer),
  ),
  score: number(
    ["Score for yes", "logits"],
    "logit(yes) - logit(no) about the finding in the disturbed picture, whatever the wording's polarity: what an AUC ranks by. Yes/no questions only.",
    ({ results }) => scoreForYes(results.readout?.answer),
  ),
  confidenceClean: number(
    ["Confidence before", ""],
    "Probability of the answer given, within its answer space.",
    ({ results }) => confidence(results.clean?.answer),
  ),
  confidence: number(
    ["Confidence", ""],
    "Probability of the answer given about the disturbed picture, within its answer space.",
    ({ results }) => confidence(results.readout?.answer),
  ),
  paraphraseFlipsClean: number(
    ["Paraphrases that disagree, before", "share"],
    "Share of the other wordings whose answer differs from that of the wording asked.",
    ({ results }) => results.metrics?.flipRateClean ?? null,
  ),
  paraphraseFlips: number(
    ["Paraphrases that disagree", "share"],
    "Share of the other wordings whose answer about the disturbed picture differs from that of the wording asked.",
    ({ results }) => results.metrics?.flipRateDisturbed ?? null,
  ),
  linf: number(
    ["Largest pixel change", "/255"],
    "linf of the whole stack's change.",
    ({ results }) => scaled(results.metrics?.linf, 255),
  ),
  l2: number(
    ["Change", "l2"],
    "l2 of the whole stack's change, [0,1] grey.",
    ({ results }) => results.metrics?.l2 ?? null,
  ),
  changedShare: number(
    ["Pixels changed", "share"],
    "Share changed by more than half a grey level of 255.",
    ({ results }) => results.metrics?.changedShare ?? null,
  ),
  ssim: number(
    ["SSIM", ""],
    "Structural similarity of the two pictures (11-tap Gaussian).",
    ({ results }) => results.metrics?.ssim ?? null,
  ),
  psnr: number(
    ["PSNR", "dB"],
    "Empty for identical pictures, whose ratio is infinite.",
    ({ results }) => finite(results.metrics?.psnr),
  ),
  featureCosine: number(
    ["Feature cosine", ""],
    "Cosine of the image embeddings before and after.",
    ({ results }) => results.metrics?.featureCosine ?? null,
  ),
  featureL2: number(
    ["Feature distance", "l2"],
    "l2 distance of the two image embeddings.",
    ({ results }) => results.metrics?.featureL2 ?? null,
  ),
  attentionSsim: number(
    ["Attention SSIM", ""],
    "SSIM of each attention layer's map before and after, mean over the layers.",
    ({ results }) => averaged(results.metrics?.attentionSsim.map(({ ssim }) => ssim)),
    ["maps"],
  ),
  rolloutSsim: number(
    ["Rollout SSIM", ""],
    "SSIM of the attention rollouts before and after.",
    ({ results }) => finite(results.metrics?.rolloutSsim),
    ["maps"],
  ),
  latency: number(
    ["Time of a reading", "ms"],
    "One look at a picture and the answers to the question and its other wordings, defenses included, on one thread of this machine: processor time in `lab`, where other load does not count, and elapsed time in the page. Empty where the reading was known from the run before; another machine and another day have other times.",
    ({ readingMs }) => readingMs ?? null,
  ),
  gradientPasses: number(
    ["Gradient passes", ""],
    "What the attacks of the stack cost.",
    ({ results }) => attackCost(results, "gradientPasses"),
  ),
  queries: number(
    ["Queries", ""],
    "Questions that the attacks of the stack asked, one forward pass each.",
    ({ results }) => attackCost(results, "queries"),
  ),
  relevanceSsim: number(
    ["Relevance SSIM", ""],
    "SSIM of attention times gradient for the answers before and after. Empty where the model's gradient can't be built.",
    relevanceSsim,
    ["relevance"],
  ),
  gaussianScore: number(
    ["Gaussian robustness score", ""],
    "Mean of (1 + cos(f(x + noise), f(x))) / 2 about the undisturbed picture; f is what certificate.feature names (tokens: all image tokens as one vector; left out: the pooled embedding).",
    ({ results }) => results.certificate?.score ?? null,
    ["certificate"],
  ),
  gaussianScoreLower: number(
    ["Gaussian robustness score, lower bound", ""],
    "Lower bound of the Gaussian robustness score, valid at whatever count of noisy copies, at the certificate's alpha for one run.",
    ({ results }) => results.certificate?.scoreLower ?? null,
    ["certificate"],
  ),
  certifiedRadius: number(
    ["Certified radius", "l2"],
    "Within it both feature bounds are above 0. 0 where nothing is proved.",
    ({ results }) => results.certificate?.radius ?? null,
    ["certificate"],
  ),
  certifiedCosine: number(
    ["Certified cosine at the stack", ""],
    "Lower bound of the smoothed feature's cosine to the clean feature, at the distance of the disturbed picture. Empty where vacuous, that is where nothing is proved.",
    ({ results }) => finite(results.certificate?.atStack.toClean),
    ["certificate"],
  ),
} as const satisfies Readonly<Record<string, Measure>>;
/** A measure of every run, or a number of an instrument as "<instrument>.<quantity>". */
export type MeasureId = keyof typeof MEASURES | `${string}.${string}`;

export function measure(id: MeasureId): Measure {
  return id in MEASURES ? MEASURES[id as keyof typeof MEASURES] : instrumentMeasure(id);
}

/** Whether there is such a measure; which quantities an instrument has is known when it has run. */
export function isMeasureId(id: unknown): id is MeasureId {
  if (typeof id !== "string") return false;
  const [instrument, quantity] = splitId(id);
  return (
    Object.hasOwn(MEASURES, id) ||
    (Object.hasOwn(INSTRUMENT_CATALOG, instrument) && /^[^.\s]+(\.[^.\s]+)*$/.test(quantity))
  );
}

/** Quantities have dots of their own: "faithfulness.deletion.blur" is a number of "faithfulness". */
function splitId(id: string): readonly [instrument: string, quantity: string] {
  const at = id.indexOf(".");
  return at < 0 ? [id, ""] : [id.slice(0, at), id.slice(at + 1)];
}

function instrumentMeasure(id: MeasureId): Measure {
  const [name, quantity] = splitId(id);
  return {
    label: `${INSTRUMENT_CATALOG[name]?.label ?? name}: ${quantity}`,
    unit: "",
    type: "number",
    help: INSTRUMENT_CATALOG[name]?.help ?? "",
    needs: [`instrument:${name}`],
    read: ({ results }) => instrumentCells(results)[id] ?? null,
  };
}

/** Every quantity of every instrument that ran, by "<instrument>.<quantity>"; null where it can't be had. */
export function instrumentCells(results: Partial<StageResults>): Readonly<Record<string, Cell>> {
  const cells: Record<string, Cell> = {};
  for (const name of Object.keys(INSTRUMENT_CATALOG)) {
    const { quantities = [] } = results[`instrument:${name}`] ?? {};
    for (const { id, value } of quantities) cells[`${name}.${id}`] = finite(value);
  }
  return cells;
}

/** Shown where a study names none. */
export const DEFAULT_MEASURES: readonly MeasureId[] = [
  "correctClean",
  "correct",
  "flip",
  "lost",
  "margin",
  "featureCosine",
  "linf",
  "l2",
  "ssim",
];

/** What a choice of measures needs beyond "metrics", in a fixed order. */
export function extraStages(measures: readonly MeasureId[]): readonly Need[] {
  return [...new Set(measures.flatMap((id) => measure(id).needs ?? []))].sort();
}
