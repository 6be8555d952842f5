/** An attack's goal as an entry of a list, and the losses that a goal can climb. */
import type { AttackRegion, CaseSpec, GoalAim, GoalSpec } from "../../experiment/spec.ts";
import { ATTACK_REGIONS, GOAL_AIMS } from "../../experiment/specChoices.ts";
import { ANSWER_LOSSES, ATTENTION_LOSSES, FEATURE_LOSSES } from "../../model/objective.ts";
import type { AnswerLossName, AttentionLossName, FeatureLossName } from "../../model/objective.ts";
import { FINDING_KINDS } from "../../phantom/spec.ts";
import type { FindingKind } from "../../phantom/spec.ts";

/** Another patient than any in the gallery. */
const SECOND_SEED = 4711;

/** A sentence to begin with, in the words of the reports that the bundled models were trained beside. */
const SENTENCE = "There is a pneumothorax.";

export type GoalLoss = AnswerLossName | FeatureLossName | AttentionLossName;

/** The entry that stands for a goal; what else a goal says is kept beside the list. */
export function entryOf(goal: GoalSpec): string {
  switch (goal.kind) {
    case "untargeted":
    case "featureAway":
      return goal.kind;
    case "featureText":
    case "writtenText":
      return goal.kind;
    case "targeted":
      return `say:${goal.answer}`;
    case "text":
      return `text:${goal.aim ?? "towards"}`;
    case "attention":
      return attentionEntry(goal.aim ?? "towards", goal.mask);
    case "featureTowards": {
      const { case: second } = goal;
      if (second.kind !== "phantom" || second.phantom.seed !== SECOND_SEED) return "featureTowards";
      const [finding] = second.phantom.findings;
      return `featureTowards:${finding?.kind ?? "healthy"}`;
    }
  }
}

export function attentionEntry(aim: GoalAim, mask: AttackRegion): string {
  return `attention:${aim}:${mask}`;
}

/** @param text what a goal of a text starts with. */
export function goalOf(entry: string, old: GoalSpec, text: string): GoalSpec {
  const [kind = "", what = "", where = ""] = entry.split(":");
  if (kind === "say") return { kind: "targeted", answer: entry.slice("say:".length) };
  if (kind === "featureAway") return { kind: "featureAway" };
  if (kind === "featureText" || kind === "writtenText") {
    return { kind, text: typed(old) ?? SENTENCE };
  }
  if (kind === "featureTowards") {
    return what === "" ? old : { kind: "featureTowards", case: secondPicture(what) };
  }
  const aim = GOAL_AIMS.find((name) => name === what);
  if (kind === "text" && aim) {
    return { kind: "text", text: typed(old) ?? text, ...aimed(aim) };
  }
  const mask = ATTACK_REGIONS.find((name) => name === where);
  if (kind === "attention" && aim && mask) {
    const { of, loss } = old.kind === "attention" ? old : {};
    const kept = { ...(of ? { of } : {}), ...(loss ? { loss } : {}) };
    return { kind: "attention", mask, ...aimed(aim), ...kept };
  }
  return { kind: "untargeted" };
}

function typed(goal: GoalSpec): string | undefined {
  return "text" in goal ? goal.text : undefined;
}

/** What stands in no spec is the first of its list: one goal has one form, and one link. */
function aimed(aim: GoalAim): { readonly aim?: GoalAim } {
  return aim === GOAL_AIMS[0] ? {} : { aim };
}

function secondPicture(what: string): CaseSpec {
  const kind = FINDING_KINDS.find((name): name is FindingKind => name === what);
  return { kind: "phantom", phantom: { seed: SECOND_SEED, findings: kind ? [{ kind }] : [] } };
}

/** Losses to choose from, the default first; only those that the question has enough answers for. */
export function lossesOf(goal: GoalSpec, answers: number): readonly GoalLoss[] {
  switch (goal.kind) {
    case "text":
    case "writtenText":
      return [];
    case "attention":
      return ATTENTION_LOSSES;
    case "featureAway":
    case "featureTowards":
    case "featureText":
      return FEATURE_LOSSES;
    case "untargeted":
    case "targeted": {
      const leastForDlr = goal.kind === "targeted" ? 4 : 3;
      return ANSWER_LOSSES.filter(
        (loss) => loss !== "dlr" || goal.loss === "dlr" || answers >= leastForDlr,
      );
    }
  }
}

export function lossOf(goal: GoalSpec): GoalLoss | undefined {
  return "loss" in goal ? goal.loss : undefined;
}

/** The goal with another of its own losses; a loss of another kind of goal changes nothing. */
export function withLoss(goal: GoalSpec, loss: string): GoalSpec {
  switch (goal.kind) {
    case "text":
    case "writtenText":
      return goal;
    case "attention":
      return { ...goal, ...chosen(ATTENTION_LOSSES, loss) };
    case "featureAway":
    case "featureTowards":
    case "featureText":
      return { ...goal, ...chosen(FEATURE_LOSSES, loss) };
    case "untargeted":
    case "targeted":
      return { ...goal, ...chosen(ANSWER_LOSSES, loss) };
  }
}

function chosen<T extends string>(losses: readonly T[], name: string): { readonly loss?: T } {
  const loss = losses.find((each) => each === name);
  return loss === undefined ? {} : { loss };
}
