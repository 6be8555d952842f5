/**
 * The true answer to a bank question for a case whose findings are known: a phantom by construction, or a real
 * radiograph of which only the pneumonia label is known. What the record does not settle is null, never a guess.
 */
import { correctedAnswer } from "./answer.ts";
import type { ExpandedQuestion, QuestionScope } from "./questionBank.ts";

/** One finding of a case; sides are the patient's. No field is optional: a copy that forgets one does not compile. */
export interface CaseFinding {
  readonly kind: string;
  readonly side: string | undefined;
  /** In the finding's own unit (mL, mm, ratio), comparable within one kind. */
  readonly amount: number;
  /** "small", "moderate" or "large"; undefined where reports give none. */
  readonly size: string | undefined;
}

/** A phantom lists all its findings. A real radiograph has none listed (unknown, not absent) and a pneumonia label. */
export interface CaseTruth {
  readonly findings?: readonly CaseFinding[];
  readonly patient?: { readonly view: string; readonly portable: boolean };
  readonly pneumonia?: boolean;
}

type Asked = Pick<ExpandedQuestion, "type" | "findingId" | "polarity" | "scope" | "equivalent">;

/** Kinds that "a medical device" stands for. */
export const DEVICES: readonly string[] = ["pacemaker", "tube", "line"];

/**
 * The answer word to this very wording ("no" to "Is the radiograph free of cardiomegaly?" when the heart is enlarged).
 * Null where the question does not apply: the side or size of what is absent, a comparison of equal sides, a wording
 * that is not equivalent (no agreed answer), pneumonia on a phantom (not modelled), anything a real label leaves open.
 * "Normal" means that nothing at all is listed, devices included, as in training.
 */
export function answerFor(question: Asked, truth: CaseTruth): string | null {
  if (!question.equivalent && question.scope === null) return null;
  const word = plainAnswer(question, truth);
  return word === null ? null : correctedAnswer(word, question.polarity);
}

function plainAnswer(question: Asked, { findings, patient, pneumonia }: CaseTruth): string | null {
  if (question.type === "view") return patient ? patient.view.toLowerCase() : null;
  if (question.type === "portable") return patient ? yesNo(patient.portable) : null;
  if (question.findingId === "pneumonia") {
    return pneumonia === undefined ? null : yesNo(pneumonia);
  }
  if (!findings) {
    return question.type === "normal" && pneumonia !== undefined ? yesNo(!pneumonia) : null;
  }
  const found = findings.filter(({ kind }) => kind === question.findingId);
  switch (question.type) {
    case "presence":
      return yesNo(inScope(found, question.scope));
    case "heart":
      return yesNo(found.length > 0);
    case "normal":
      return yesNo(findings.length === 0);
    case "device":
      return yesNo(findings.some(({ kind }) => DEVICES.includes(kind)));
    case "side":
      return sideOf(found);
    case "size":
      return sizeOfLargest(found);
    case "comparison":
      return comparison(found, question.scope);
  }
}

function yesNo(holds: boolean): string {
  return holds ? "yes" : "no";
}

function sidesOf(found: readonly CaseFinding[]): Set<string> {
  return new Set(
    found.flatMap(({ side }) => (side === "both" ? ["left", "right"] : side ? [side] : [])),
  );
}

function inScope(found: readonly CaseFinding[], scope: QuestionScope | null): boolean {
  const sized = scope?.size ? found.filter(({ size }) => size === scope.size) : found;
  if (scope?.side === "both") return sidesOf(sized).size === 2;
  if (scope?.side) return sidesOf(sized).has(scope.side);
  return sized.length > 0;
}

function sideOf(found: readonly CaseFinding[]): string | null {
  const sides = [...sidesOf(found)];
  return sides.length > 1 ? "both" : (sides[0] ?? null);
}

function sizeOfLargest(found: readonly CaseFinding[]): string | null {
  if (found.length === 0) return null;
  return found.reduce((a, b) => (b.amount > a.amount ? b : a)).size ?? null;
}

/** An absent effusion counts as zero millilitres; equal sides, both absent among them, have no larger one. */
function comparison(found: readonly CaseFinding[], scope: QuestionScope | null): string | null {
  const largest = (side: string) =>
    Math.max(0, ...found.filter((f) => sidesOf([f]).has(side)).map(({ amount }) => amount));
  const left = largest("left");
  const right = largest("right");
  return left === right ? null : yesNo(left > right === (scope?.side === "left"));
}
