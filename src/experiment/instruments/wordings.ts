/** The wordings an instrument asks: equivalents of the reader's question, and those that ask something else, kept apart. */
import { validateParaphrase } from "../../language/clinicalValidator.ts";
import type { Validation } from "../../language/clinicalValidator.ts";
import { paraphrasesOf } from "../../language/paraphrases.ts";
import { expandQuestions } from "../../language/questionBank.ts";
import type { ExpandedQuestion } from "../../language/questionBank.ts";
import { interpretQuestion, recognizeQuestion } from "../../language/recognize.ts";
import type { Understood } from "../../language/recognize.ts";
import { canAnswer } from "../../model/manifest.ts";
import type { System } from "../../system/system.ts";

export interface Wording {
  readonly question: ExpandedQuestion;
  /** Typed by the reader. */
  readonly isOwn: boolean;
  readonly validation: Validation;
  /** Words of it that were left out of the reading. */
  readonly unread: readonly string[];
}

export interface Wordings {
  readonly asked: Understood;
  /** Ask the same thing; the asked wording is not among them. */
  readonly equivalents: readonly Wording[];
  /** Another side, size or finding, or a near-synonym: never part of a flip rate. */
  readonly others: readonly Wording[];
  /** The reader's own that the lab can't ask, with why. */
  readonly refused: readonly { readonly text: string; readonly reason: string }[];
}

/** Wordings that ask something else, at most. */
const OTHERS = 6;

export const NO_TEXT_SIDE =
  "This model is an image encoder without a text side: it answers no question.";

export function answersQuestions({ system }: { readonly system?: System }): string | undefined {
  return system && canAnswer(system.manifest) ? undefined : NO_TEXT_SIDE;
}

/** @param own typed by the reader, beside the bank's. @throws LabError "question-invalid" for a question nobody understands */
export function wordingsOf(question: string, count: number, own: readonly string[] = []): Wordings {
  const asked = recognizeQuestion(question);
  const describe = (each: ExpandedQuestion, typed?: Understood): Wording => ({
    question: each,
    isOwn: typed !== undefined,
    validation: validateParaphrase(asked.text, each.text),
    unread: typed?.unread ?? [],
  });
  const read = own.map((text) => ({ text, ...interpretQuestion(text) }));
  const typed = read.flatMap(({ understood }) =>
    understood ? [describe(understood, understood)] : [],
  );
  const isSame = ({ question: { canonicalId } }: Wording) => canonicalId === asked.canonicalId;
  return {
    asked,
    equivalents: [
      ...typed.filter(isSame),
      ...paraphrasesOf(asked, count).map((each) => describe(each)),
    ],
    others: [
      ...typed.filter((wording) => !isSame(wording)),
      ...otherWordings(asked).map((each) => describe(each)),
    ],
    refused: read.flatMap(({ text, refusal }) =>
      refusal ? [{ text, reason: refusal.message }] : [],
    ),
  };
}

/** The bank's wordings about the same finding that ask for another side or size, or name a near-synonym. */
function otherWordings(asked: Understood): readonly ExpandedQuestion[] {
  if (asked.findingId === null) return [];
  const pool = expandQuestions().filter(
    ({ type, findingId, answerSpace, canonicalId, equivalent }) =>
      type === asked.type &&
      findingId === asked.findingId &&
      answerSpace === asked.answerSpace &&
      (canonicalId !== asked.canonicalId || !equivalent),
  );
  // One of each kind first: another side, another size, each near-synonym.
  const seen = new Map<string, ExpandedQuestion>();
  for (const each of pool) {
    const kind = each.equivalent || each.strategy === "scope" ? each.canonicalId : each.templateId;
    if (!seen.has(kind)) seen.set(kind, each);
  }
  return [...seen.values()].slice(0, OTHERS);
}
