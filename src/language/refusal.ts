/** Why a typed question can't be asked, in one sentence, and what to ask instead. */
import { FINDING_TERMS } from "./questionBank.ts";
import type { Subject } from "./vocabulary.ts";

export type RefusalReason =
  | "empty"
  | "too-long"
  | "instruction"
  | "not-english"
  | "several-findings"
  | "several-questions"
  | "ambiguous-term"
  | "other-finding"
  | "unclear-negation"
  | "beyond-the-film"
  | "no-such-detail"
  | "open-question"
  | "not-understood";

export interface Refusal {
  readonly reason: RefusalReason;
  readonly message: string;
  readonly hint: string;
}

export function termOf(findingId: string): string {
  return FINDING_TERMS.find(({ id }) => id === findingId)?.term ?? findingId;
}

function plainWording(findingId: string): string {
  const finding = FINDING_TERMS.find(({ id }) => id === findingId);
  if (!finding) return `"Is there ${findingId}?"`;
  return `"Is there ${finding.article ? `${finding.article} ` : ""}${finding.term}?"`;
}

function list(words: readonly string[], link: string): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${link} ${last}`;
}

const ASKABLE = `Ask about ${list(
  FINDING_TERMS.map((f) => f.term),
  "or",
)}, their side or size, the view, or whether the film is normal.`;

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** What a film shows, asked for as a whole; "What is the capital of France?" is about no film. */
const ASKS_FOR_REPORT =
  /\b(?:describe|reports?|diagnos\w*|findings?|impression|interpret\w*|summar\w*)\b|\b(?:what|which|explain)\b.*\b(?:see|seen|show\w*|visible|here|present|wrong|disease\w*|patient\w*|film|radiograph|x ?rays?|image|picture|scan|chest|lungs?|this)\b/;

export const refuse = {
  empty: (): Refusal => ({
    reason: "empty",
    message: "The question is empty.",
    hint: 'Ask, for example, "Is there a pleural effusion?"',
  }),
  tooLong: (limit: number): Refusal => ({
    reason: "too-long",
    message: `The question is longer than ${limit} characters.`,
    hint: "Ask it in fewer words.",
  }),
  instruction: (): Refusal => ({
    reason: "instruction",
    message: "This holds an order, markup or a link, not only a question about the radiograph.",
    hint: 'Ask the question alone, for example "Is there a pleural effusion?"',
  }),
  notEnglish: (): Refusal => ({
    reason: "not-english",
    message: "The model was trained on English questions only.",
    hint: 'Ask, for example, "Is there a pleural effusion?"',
  }),
  several: (names: readonly string[]): Refusal => ({
    reason: "several-findings",
    message: `This asks about ${list(names, "and")} at once, and one answer can't serve both.`,
    hint: `Ask about ${list(names, "or")}, one question at a time.`,
  }),
  severalQuestions: (): Refusal => ({
    reason: "several-questions",
    message: "These are several questions, and the model gives one answer.",
    hint: "Ask them one at a time.",
  }),
  unclearNegation: (about: string): Refusal => ({
    reason: "unclear-negation",
    message: `The negation or hedge here can be read both ways, so a "yes" about ${about} would mean nothing.`,
    hint: `Ask for presence ("Is there …?") or for absence ("Is there no …?").`,
  }),
  outside: (message: string, asked: string): Refusal => ({
    reason: "beyond-the-film",
    message,
    hint: `Instead of "${short(asked)}", ask whether a finding is there, on which side or how large.`,
  }),
  noSideOrSize: (findingId: string, detail: "side" | "size"): Refusal => ({
    reason: "no-such-detail",
    message: `The model was not trained to tell the ${detail} of ${termOf(findingId)}.`,
    hint: `Ask ${plainWording(findingId)}`,
  }),
  comparison: (): Refusal => ({
    reason: "no-such-detail",
    message: "The model compares nothing but the left and the right pleural effusion.",
    hint: 'Ask "Is the left effusion larger than the right?"',
  }),
  mostlyUnread: (unread: readonly string[]): Refusal => ({
    reason: "not-understood",
    message: `Most words of this question can't be read: ${short(unread.join(", "))}.`,
    hint: 'Ask in plain English, for example "Is there a pleural effusion?"',
  }),
  topic: (message: string, hint: string): Refusal => ({ reason: "ambiguous-term", message, hint }),
  openQuestion: (): Refusal => ({
    reason: "open-question",
    message: "This asks for a description, and the model only picks one of a few answers.",
    hint: 'Ask about one thing at a time, such as "Is there a pleural effusion?" or "Is this radiograph normal?"',
  }),
  unknown: (typed: string, asked: string): Refusal =>
    ASKS_FOR_REPORT.test(asked)
      ? refuse.openQuestion()
      : {
          reason: "not-understood",
          message: `"${short(typed)}" names nothing the model was trained on.`,
          hint: ASKABLE,
        },
};

/** A name that is no finding of the models. */
export function refuseSubject(subject: Exclude<Subject, { kind: "finding" }>): Refusal {
  if (subject.kind === "other") {
    return {
      reason: "other-finding",
      message: `The model was not trained on "${subject.typed}".`,
      hint: ASKABLE,
    };
  }
  const { typed, meanings } = subject;
  const terms = meanings.map((id) => termOf(id));
  const device = meanings.some((id) => FINDING_TERMS.find((f) => f.id === id)?.role === "device");
  const wordings = [
    ...meanings.map(plainWording),
    ...(device ? ['"Is there a medical device?"'] : []),
  ];
  return {
    reason: "ambiguous-term",
    message:
      terms.length > 1
        ? `"${typed}" is not one finding: it can be ${list(terms, "or")}, among others.`
        : `"${typed}" is not the same as ${terms[0]}, so it can't stand for it.`,
    hint: `Ask ${list(wordings, "or")}`,
  };
}
