/**
 * Wordings that only training hears: they are no part of the question bank, so that the page's held-out wordings stay held out.
 *
 * They teach that a question may be turned round in many ways. Of the bank's held-out negations one shares its key word with
 * them in another sentence ("absent"), one has a key word that training never hears ("negative for"), and one has neither
 * ("no ..., correct?"): what each gains tells the word from the negation.
 */
import type { FindingTerm } from "../../src/language/questionBank.ts";

export interface TrainingWording {
  readonly canonicalId: string;
  readonly text: string;
  readonly polarity: 1 | -1;
}

type Form = readonly [text: string, polarity: 1 | -1];

/** {a}: the finding with its article; {t}: without. */
const PRESENCE: readonly Form[] = [
  ["is {a} seen in this image?", 1],
  ["in this image, do you see {a}?", 1],
  ["yes or no, does this image show {a}?", 1],
  ["say whether {a} is present.", 1],
  ["this image shows {a}, right?", 1],
  ["you are a doctor. does this image show {a}?", 1],
  ["i would like to know whether there is {a}.", 1],
  ["does the radiograph show no {t}?", -1],
  ["are signs of {t} absent?", -1],
  ["is it true that there is no {t}?", -1],
  ["can you confirm that no {t} is present?", -1],
  ["would you agree that {a} is not there?", -1],
  ["is {a} not visible?", -1],
  ["does the patient have no {t}?", -1],
];

const OTHERS: Readonly<Record<string, readonly Form[]>> = {
  normal: [
    ["does this chest look healthy?", 1],
    ["is there nothing wrong on this radiograph?", 1],
    ["in this image, is everything normal?", 1],
    ["say whether this radiograph is normal.", 1],
    ["you are a doctor. is this image normal?", 1],
    ["are there any findings on this radiograph?", -1],
    ["is anything wrong on this radiograph?", -1],
    ["is this radiograph not normal?", -1],
  ],
  heart: [
    ["is the heart too big?", 1],
    ["is the heart larger than it should be?", 1],
    ["in this image, is the heart enlarged?", 1],
    ["say whether the heart is enlarged.", 1],
    ["you are a doctor. is the heart enlarged?", 1],
    ["is the heart normal in size?", -1],
    ["is the cardiac silhouette of normal size?", -1],
    ["is the heart not enlarged?", -1],
  ],
  portable: [
    ["was this radiograph taken at the bedside?", 1],
    ["was a portable x-ray machine used?", 1],
    ["is this a mobile film?", 1],
    ["say whether this is a portable film.", 1],
    ["you are a doctor. is this a portable image?", 1],
    ["is this film not portable?", -1],
    ["is this a film other than a bedside one?", -1],
    ["was this radiograph taken in the x-ray department?", -1],
  ],
  device: [
    ["is medical equipment seen in this image?", 1],
    ["in this image, is there a tube, line or pacemaker?", 1],
    ["say whether there is a medical device.", 1],
    ["does the radiograph show no medical device?", -1],
    ["are medical devices not visible?", -1],
  ],
  view: [
    ["is this film pa or ap?", 1],
    ["in this image, is the view pa or ap?", 1],
    ["say whether this is a pa or an ap view.", 1],
  ],
};

const COMPARISON: readonly Form[] = [
  ["is the {s} effusion the larger one?", 1],
  ["is the {s} effusion greater than the {o}?", 1],
  ["does the {s} side hold more fluid than the {o}?", 1],
  ["relative to the {o}, is the {s} effusion bigger?", 1],
  ["is the volume of fluid greater on the {s}?", 1],
  ["say whether the {s} effusion is larger than the {o}.", 1],
  ["does the {s} side hold less fluid than the {o}?", -1],
  ["is the {s} effusion the smaller one?", -1],
  ["is there less fluid on the {s} side?", -1],
];

export function trainingWordings(findings: readonly FindingTerm[]): readonly TrainingWording[] {
  const ofFindings = findings.flatMap(({ id, term, article }) =>
    PRESENCE.map(([form, polarity]) => ({
      canonicalId: `presence.${id}`,
      text: form.replace("{a}", article === "" ? term : `${article} ${term}`).replace("{t}", term),
      polarity,
    })),
  );
  const ofOthers = Object.entries(OTHERS).flatMap(([canonicalId, forms]) =>
    forms.map(([text, polarity]) => ({ canonicalId, text, polarity })),
  );
  const ofSides = (["left", "right"] as const).flatMap((side) =>
    COMPARISON.map(([form, polarity]) => ({
      canonicalId: `comparison.${side}`,
      text: form.replace("{s}", side).replace("{o}", side === "left" ? "right" : "left"),
      polarity,
    })),
  );
  return [...ofFindings, ...ofOthers, ...ofSides];
}
