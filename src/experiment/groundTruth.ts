/** The right answer to a question about a phantom, whose findings are known, and the sentence that says why. */
import { FINDING_TERMS } from "../language/questionBank.ts";
import { DEVICES, answerFor } from "../language/questionTruth.ts";
import { interpretQuestion } from "../language/recognize.ts";
import type { Understood } from "../language/recognize.ts";
import type { PhantomFinding } from "../phantom/phantom.ts";
import { SIZE_BORDERS } from "../phantom/report.ts";
import type { GroundTruth } from "./results.ts";

export interface TrueAnswer {
  /** Null where the question has no right answer: the side of what is absent, equal sides, pneumonia. */
  readonly answer: string | null;
  /** What of the phantom decides it, or why nothing does: one or more sentences. */
  readonly reason: string;
}

type Truth = Pick<GroundTruth, "findings" | "patient">;

/** Null where the text is no question that the lab understands. */
export function groundTruth(question: string, truth: Truth): TrueAnswer | null {
  const { understood } = interpretQuestion(question);
  if (!understood) return null;
  return { answer: answerFor(understood, truth), reason: reasonOf(understood, truth) };
}

function reasonOf(question: Understood, { findings, patient }: Truth): string {
  const { type, findingId, scope } = question;
  const term = FINDING_TERMS.find(({ id }) => id === findingId)?.term ?? "finding";
  const found = findings.filter(({ kind }) => kind === findingId);
  switch (type) {
    case "view":
      return `The phantom is exposed as ${patient.view === "PA" ? "a PA" : "an AP"} view.`;
    case "portable":
      return `The phantom is exposed ${patient.portable ? "with a portable machine" : "with a fixed unit"}.`;
    case "normal":
      return sentences(findings, "The phantom has no finding and no device.");
    case "device":
      return sentences(
        findings.filter(({ kind }) => DEVICES.includes(kind)),
        "The phantom has no tube, line or pacemaker.",
      );
    case "heart":
      return sentences(
        findings.filter(({ kind }) => kind === "cardiomegaly"),
        "The heart is normal in size.",
      );
    case "comparison":
      return comparedVolumes(found);
    case "side":
      return sentences(found, `The phantom has no ${term}, so there is no side to name.`);
    case "size":
      return found.length === 0
        ? `The phantom has no ${term}, so there is no size to name.`
        : found.map(measured).join(" ");
    case "presence":
      if (findingId === "pneumonia") {
        return "Phantoms do not model pneumonia, so this question has no ground truth here.";
      }
      if (scope?.size && found.length > 0) return found.map(measured).join(" ");
      return sentences(found, `The phantom has no ${term}.`);
  }
}

function sentences(findings: readonly PhantomFinding[], none: string): string {
  return findings.length === 0 ? none : findings.map(({ sentence }) => sentence).join(" ");
}

/** The finding with its amount and where sizes in words begin, so that a case near a border explains itself. */
function measured({ kind, sentence, amount, unit }: PhantomFinding): string {
  const borders = SIZE_BORDERS[kind];
  if (!borders) return sentence;
  const [moderate, large] = borders;
  return `${sentence.slice(0, -1)} (${amount} ${unit}; here moderate begins at ${moderate} and large at ${large} ${unit}).`;
}

function comparedVolumes(found: readonly PhantomFinding[]): string {
  if (found.length === 0) return "The phantom has no pleural effusion, so neither side is larger.";
  const on = (side: string) =>
    Math.max(0, ...found.filter((f) => f.side === side).map(({ amount }) => amount));
  const [left, right] = [on("left"), on("right")];
  return left === right
    ? `Both effusions hold ${left} mL, so neither is larger.`
    : `The left effusion holds ${left} mL, the right ${right} mL.`;
}
