/**
 * Selective triage: what happens to a case whose answer is more or less certain. The rules run in a fixed order and the
 * first that applies decides: wordings disagree -> defer; low confidence -> defer; critical finding -> urgent; surely
 * normal -> auto-clear; otherwise review. Critical findings are looked for in every case, so that a deferred one shows
 * both flags. A teaching model of a reading list, not a medical device.
 */
import { LabError } from "../errors/labError.ts";
import { criticalMentions } from "./criticalFindings.ts";
import type { CriticalMention } from "./criticalFindings.ts";

/** Changes whenever a rule or its order does, so that a stored decision can be read later. */
export const TRIAGE_VERSION = "1.0";

export interface TriageThresholds {
  /** Above this share of dissenting wordings the case is deferred. [0,1] */
  readonly maxDisagreement: number;
  /** Below this probability of the answer the case is deferred. [0,1] */
  readonly minConfidence: number;
  /** Above this probability a normal case is cleared without a reader. [0,1] */
  readonly clearConfidence: number;
}

/** Starting values of our own; to be fitted on a calibration set before they mean anything. */
export const DEFAULT_THRESHOLDS: TriageThresholds = {
  maxDisagreement: 0.2,
  minConfidence: 0.7,
  clearConfidence: 0.95,
};

export interface TriageInput {
  /** Share of wordings whose polarity-corrected answer differs from the majority's. [0,1] */
  readonly disagreement: number;
  /** Probability of the answer, averaged over wordings. [0,1] */
  readonly confidence: number;
  /** Whether the model calls the radiograph normal. */
  readonly normal: boolean;
  /** What the model says, in sentences: its report, its findings. */
  readonly statements: readonly string[];
  /** When, as the caller's clock has it (ISO 8601); kept with the decision. */
  readonly decidedAt: string;
}

export type TriageRoute = "defer" | "urgent" | "auto-clear" | "review";
export type TriageRule = "disagreement" | "confidence" | "critical" | "clear" | "review";

export interface TriageStep {
  readonly rule: TriageRule;
  /** The comparison in words with its numbers. */
  readonly statement: string;
  readonly applies: boolean;
}

export interface TriageDecision {
  readonly route: TriageRoute;
  /** The rule that decided, and why in one sentence. */
  readonly rule: TriageRule;
  readonly reason: string;
  /** Every rule up to and including the one that decided. */
  readonly path: readonly TriageStep[];
  /** Critical findings stated and not negated, whatever the route. */
  readonly critical: readonly CriticalMention[];
  readonly thresholds: TriageThresholds;
  readonly version: string;
  readonly decidedAt: string;
}

const ROUTES: Readonly<Record<TriageRule, TriageRoute>> = {
  disagreement: "defer",
  confidence: "defer",
  critical: "urgent",
  clear: "auto-clear",
  review: "review",
};

/** @throws LabError "spec-invalid" when a number lies outside [0,1] or the confidence thresholds are crossed. */
export function triage(
  input: TriageInput,
  thresholds: TriageThresholds = DEFAULT_THRESHOLDS,
): TriageDecision {
  checkUnit({ ...thresholds, disagreement: input.disagreement, confidence: input.confidence });
  if (thresholds.clearConfidence < thresholds.minConfidence) {
    throw new LabError(
      "spec-invalid",
      `A case would be cleared above ${percent(thresholds.clearConfidence)} and deferred below ${percent(thresholds.minConfidence)}.`,
      { hint: "Set the confidence for clearing at or above the one for deferring." },
    );
  }
  const critical = input.statements
    .flatMap((statement) => criticalMentions(statement))
    .filter((mention) => !mention.negated);
  const steps = rules(input, critical, thresholds);
  const decisive = steps.findIndex((step) => step.applies);
  const path = steps.slice(0, decisive + 1);
  const { rule, statement } = path[decisive]!;
  const flag =
    critical.length > 0 && rule !== "critical" ? ` Also stated: ${namesOf(critical)}.` : "";
  return {
    route: ROUTES[rule],
    rule,
    reason: statement + flag,
    path,
    critical,
    thresholds,
    version: TRIAGE_VERSION,
    decidedAt: input.decidedAt,
  };
}

function rules(
  { disagreement, confidence, normal }: TriageInput,
  critical: readonly CriticalMention[],
  { maxDisagreement, minConfidence, clearConfidence }: TriageThresholds,
): TriageStep[] {
  const disagree = disagreement > maxDisagreement;
  const unsure = confidence < minConfidence;
  const sure = confidence > clearConfidence;
  return [
    {
      rule: "disagreement",
      applies: disagree,
      statement: `${percent(disagreement)} of the wordings disagree, ${disagree ? "above" : "not above"} ${percent(maxDisagreement)}.`,
    },
    {
      rule: "confidence",
      applies: unsure,
      statement: `Confidence is ${percent(confidence)}, ${unsure ? "below" : "not below"} ${percent(minConfidence)}.`,
    },
    {
      rule: "critical",
      applies: critical.length > 0,
      statement:
        critical.length > 0
          ? `Critical finding stated: ${namesOf(critical)}.`
          : "No critical finding is stated.",
    },
    {
      rule: "clear",
      applies: normal && sure,
      statement: normal
        ? `Called normal with confidence ${percent(confidence)}, ${sure ? "above" : "not above"} ${percent(clearConfidence)}.`
        : "Not called normal.",
    },
    {
      rule: "review",
      applies: true,
      statement: "Neither urgent nor surely normal: a reader looks at it in turn.",
    },
  ];
}

function namesOf(critical: readonly CriticalMention[]): string {
  return [...new Set(critical.map(({ finding }) => finding.name))].join(", ");
}

/** One decimal at most, so that a value and its threshold never look equal while they differ by a wording. */
function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

function checkUnit(shares: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(shares)) {
    if (!(value >= 0 && value <= 1)) {
      throw new LabError("spec-invalid", `Triage: ${name} is ${value}, not between 0 and 1.`);
    }
  }
}
