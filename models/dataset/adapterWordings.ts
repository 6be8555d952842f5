/**
 * Wordings that only adapters hear, so that one answer to all wordings can be taught on some that the base model has never heard.
 * They share no sentence with the question bank, whose held-out wordings stay held out. Every fourth is kept for choosing
 * between adapters: it is not trained on either.
 */
import type { FindingTerm } from "../../src/language/questionBank.ts";

export interface AdapterWording {
  readonly canonicalId: string;
  readonly text: string;
  readonly polarity: 1 | -1;
  readonly strategy: "adapter" | "choosing";
}

/** {a}: the finding with its article; {t}: without. */
const FORMS: readonly (readonly [text: string, polarity: 1 | -1])[] = [
  ["my colleague is uncertain. is there {a}?", 1],
  ["is this film clear of {t}?", -1],
  ["before we talk to the patient, is {a} present?", 1],
  ["we would be grateful for a second look: does this image show {a}?", 1],
  ["does this image lack {t}?", -1],
  ["given this image, would you report {a}?", 1],
  ["{t} is not here, is it right?", -1],
  ["has {t} been excluded on this image?", -1],
  ["{a} is present, isn't it?", 1],
  ["is it fair to say that {a} is visible?", 1],
  ["there is no {t}, right?", -1],
  ["no sign of {t} here?", -1],
  ["look for {a}. is it there?", 1],
  ["can we exclude {t}?", -1],
  ["this is a difficult film, so take your time. is there {a}?", 1],
  ["{a} here?", 1],
  ["is it correct that nothing suggests {t}?", -1],
  ["answer yes or no: {a} present?", 1],
  ["does this film show an absence of {t}?", -1],
  ["would a colleague find {a} here?", 1],
  ["i could be wrong. does the radiograph show {a}?", 1],
  ["would you say that no {t} is visible?", -1],
  ["the radiograph shows no {t}, doesn't it?", -1],
  ["is {t} nowhere to be seen?", -1],
  ["the report mentions {a}. is that right?", 1],
  ["{t} is absent here, do you agree?", -1],
  ["does anything on this image speak for {a}?", 1],
  ["is the film unremarkable as to {t}?", -1],
];

export function adapterWordings(findings: readonly FindingTerm[]): readonly AdapterWording[] {
  return findings.flatMap(({ id, term, article }) =>
    FORMS.map(([form, polarity], k) => ({
      canonicalId: `presence.${id}`,
      text: form.replace("{a}", article === "" ? term : `${article} ${term}`).replace("{t}", term),
      polarity,
      strategy: k % 4 === 3 ? ("choosing" as const) : ("adapter" as const),
    })),
  );
}
