/** The question bank as a menu, and what the lab makes of a typed question. */
import { FINDING_TERMS, plainQuestions } from "../../language/questionBank.ts";
import type { QuestionScope, QuestionType } from "../../language/questionBank.ts";
import { interpretQuestion } from "../../language/recognize.ts";
import type { Refusal } from "../../language/refusal.ts";
import type { Understood } from "../../language/recognize.ts";

const GROUPS: readonly { readonly group: string; readonly types: readonly QuestionType[] }[] = [
  { group: "Is it there?", types: ["presence", "heart", "device"] },
  { group: "The whole film", types: ["normal", "view", "portable", "comparison"] },
  { group: "Which side?", types: ["side"] },
  { group: "How large?", types: ["size"] },
];

/** Plain wordings by group, each once. */
export function questionMenu(): { group: string; items: string[] }[] {
  const questions = plainQuestions();
  const seen = new Set<string>();
  return GROUPS.map(({ group, types }) => ({
    group,
    items: questions
      .filter(({ type }) => types.includes(type))
      .map(({ text }) => text)
      .filter((text) => !seen.has(text) && seen.add(text)),
  })).filter(({ items }) => items.length > 0);
}

export type Reading =
  | {
      readonly ok: true;
      /** The question as understood, and what a yes means. */
      readonly statement: string;
      /** What was left out or corrected, and what the model is given. */
      readonly detail: string;
    }
  | {
      readonly ok: false;
      readonly message: string;
      readonly hint: string;
      /** What can be asked instead, each by a button. */
      readonly offers: readonly Offer[];
    };

export interface Offer {
  readonly label: string;
  readonly question: string;
}

/**
 * What is asked, in words; or why it can't be answered.
 * @param isOwn for a reader's own model, of which nobody here knows what it was trained on
 */
export function readQuestion(text: string, isOwn = false): Reading {
  const { understood, refusal } = interpretQuestion(text);
  if (refusal) return { ok: false, message: refusal.message, ...offered(refusal) };
  const { corrections, freeText, heldOut, unread, scope, type } = understood;
  const detail = [
    ...corrections.map(({ typed, read }) => `"${typed}" is read as "${read}".`),
    unread.length > 0
      ? `The lab cannot check ${unread.map((w) => `"${w}"`).join(", ")}; the model still gets your exact words.`
      : "",
    isOwn
      ? ""
      : `Wording seen in training: ${freeText ? "no, it is your own" : heldOut ? "no, it was kept out on purpose" : "yes"}.`,
    /\?\s*$/.test(text) ? "" : "To the model, a question mark at the end makes another wording.",
    scope && type === "presence"
      ? "A question limited to a side or size has no other wordings here."
      : "",
  ];
  return { ok: true, statement: statementOf(understood), detail: detail.filter(Boolean).join(" ") };
}

/** The questions that a hint names, as buttons; where it lists all findings, a button for each stands in place of the list. */
function offered({ reason, hint }: Refusal): Pick<Reading & { ok: false }, "hint" | "offers"> {
  const quoted = [...hint.matchAll(/"([^"]+\?)"/g)].map(([, question]) => question!);
  const offers = quoted
    .filter((question) => interpretQuestion(question).understood)
    .map((question) => ({ label: question, question }));
  if (offers.length > 0) {
    const isBare = /^Ask[\s,or]*$/.test(hint.replaceAll(/"[^"]*"/g, ""));
    return { hint: isBare ? "Ask instead:" : hint, offers };
  }
  if (reason !== "other-finding" && reason !== "not-understood") return { hint, offers };
  return {
    hint: "Ask about one of these, its side or size, the view, or whether the film is normal:",
    offers: plainQuestions().flatMap(({ type, findingId, text }) => {
      if (type === "normal") return [{ label: "normal film", question: text }];
      if (type !== "presence") return [];
      const term = FINDING_TERMS.find(({ id }) => id === findingId)?.term;
      return term === undefined ? [] : [{ label: term, question: text }];
    }),
  };
}

function statementOf({ type, findingId, polarity, scope }: Understood): string {
  const finding = FINDING_TERMS.find(({ id }) => id === findingId)?.term ?? "";
  const [subject, yes, no] = {
    presence: [
      [scope?.size, finding, placeOf(scope)].filter(Boolean).join(" "),
      "present",
      "absent",
    ],
    heart: ["heart size", "enlarged", "not enlarged"],
    device: ["a tube, line or pacemaker", "present", "absent"],
    normal: ["the whole film", "normal", "abnormal"],
    portable: ["a portable film", "portable", "not portable"],
    side: [`the side of the ${finding}, assuming there is one`, "", ""],
    size: [`the size of the ${finding}, assuming there is one`, "", ""],
    view: ["the view", "", ""],
    comparison: [
      "pleural effusion, left against right",
      `larger on the ${scope?.side}`,
      `larger on the ${scope?.side === "left" ? "right" : "left"}`,
    ],
  }[type] as [string, string, string];
  const answers = {
    side: "left, right or both",
    size: "small, moderate or large",
    view: "PA or AP",
  } as Readonly<Record<string, string>>;
  const choice = answers[type];
  if (choice) return `Understood: ${subject}. Answers: ${choice}.`;
  const [ifYes, ifNo] = polarity > 0 ? [yes, no] : [no, yes];
  return `Understood: ${subject}. Yes = ${ifYes}, no = ${ifNo}.`;
}

function placeOf(scope: QuestionScope | null): string {
  if (!scope?.side) return "";
  return scope.side === "both" ? "on both sides" : `on the ${scope.side}`;
}
