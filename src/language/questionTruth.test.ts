import { describe, expect, test } from "vitest";
import bankJson from "./questionBank.json" with { type: "json" };
import { expandQuestions } from "./questionBank.ts";
import type { ExpandedQuestion } from "./questionBank.ts";
import { recognizeQuestion } from "./recognize.ts";
import { answerFor } from "./questionTruth.ts";
import type { CaseFinding, CaseTruth } from "./questionTruth.ts";

const bank = expandQuestions();

function wording(text: string): ExpandedQuestion {
  const question = bank.find((q) => q.text === text);
  if (!question) throw new Error(`not in the bank: ${text}`);
  return question;
}

function phantom(...findings: CaseFinding[]): CaseTruth {
  return { findings, patient: { view: "PA", portable: false } };
}

const clear = phantom();
/** A finding without side or size. */
const midline = (kind: string, amount: number): CaseFinding => ({
  kind,
  side: undefined,
  amount,
  size: undefined,
});
const leftLarge: CaseFinding = { kind: "effusion", side: "left", amount: 900, size: "large" };
const rightSmall: CaseFinding = { kind: "effusion", side: "right", amount: 200, size: "small" };

describe("answerFor", () => {
  test.each<[string, CaseTruth, string | null]>([
    ["Is there a pleural effusion?", phantom(leftLarge), "yes"],
    ["Is there a pleural effusion?", clear, "no"],
    ["Is there a pneumothorax?", phantom(leftLarge), "no"],
    ["Is the radiograph free of pleural effusion?", phantom(leftLarge), "no"],
    ["Is the radiograph free of pleural effusion?", clear, "yes"],
    ["No pleural effusion, correct?", clear, "yes"],
    ["Is there a pleural effusion on the left?", phantom(rightSmall), "no"],
    ["Is there a pleural effusion on the right?", phantom(leftLarge, rightSmall), "yes"],
    ["Is there a pleural effusion on both sides?", phantom(leftLarge), "no"],
    ["Is there a pleural effusion on both sides?", phantom(leftLarge, rightSmall), "yes"],
    ["Is there a large pleural effusion?", phantom(rightSmall), "no"],
    ["Is there a small pleural effusion?", phantom(leftLarge, rightSmall), "yes"],
    ["On which side is the pleural effusion?", phantom(rightSmall), "right"],
    ["On which side is the pleural effusion?", phantom(rightSmall, leftLarge), "both"],
    ["On which side is the pleural effusion?", phantom({ ...leftLarge, side: "both" }), "both"],
    ["On which side is the pleural effusion?", clear, null],
    ["How large is the pleural effusion?", phantom(rightSmall, leftLarge), "large"],
    ["How large is the pleural effusion?", phantom(rightSmall), "small"],
    ["How large is the pleural effusion?", clear, null],
    ["Is the left effusion larger than the right?", phantom(leftLarge, rightSmall), "yes"],
    ["Is the right effusion larger than the left?", phantom(leftLarge, rightSmall), "no"],
    ["Is the right effusion smaller than the left?", phantom(leftLarge, rightSmall), "yes"],
    ["Is the left effusion larger than the right?", phantom(leftLarge), "yes"],
    ["Is the left effusion larger than the right?", clear, null],
    [
      "Is the left effusion larger than the right?",
      phantom(leftLarge, { ...leftLarge, side: "right" }),
      null,
    ],
    ["Is the heart enlarged?", phantom(midline("cardiomegaly", 0.6)), "yes"],
    ["Is the heart of normal size?", phantom(midline("cardiomegaly", 0.6)), "no"],
    ["Is this radiograph normal?", clear, "yes"],
    ["Is this radiograph normal?", phantom(leftLarge), "no"],
    ["Is there any abnormality?", phantom(leftLarge), "yes"],
    ["Is there a medical device?", phantom({ ...midline("line", 1), side: "right" }), "yes"],
    ["Is there a medical device?", phantom(leftLarge), "no"],
    ["Is this a PA or an AP view?", clear, "pa"],
    ["Is this a portable radiograph?", clear, "no"],
    ["Was this radiograph taken with a fixed unit?", clear, "yes"],
  ])("%s", (text, truth, answer) => {
    expect(answerFor(wording(text), truth)).toBe(answer);
  });

  test.each([
    ["large effusion on the left?", phantom(leftLarge, rightSmall), "yes"],
    ["large effusion on the right?", phantom(leftLarge, rightSmall), "no"],
    ["no large effusion on the right?", phantom(leftLarge, rightSmall), "yes"],
    ["small effusion on the left?", phantom(leftLarge, rightSmall), "no"],
    ["large effusions on both sides?", phantom(leftLarge, rightSmall), "no"],
  ])("a typed side and size must hold of one finding: %s", (text, truth, answer) => {
    expect(answerFor(recognizeQuestion(text), truth)).toBe(answer);
  });

  test("near-synonyms have no agreed answer", () => {
    for (const text of ["Is there a hemothorax?", "Is there a lung opacity?"]) {
      expect(answerFor(wording(text), phantom(leftLarge))).toBeNull();
    }
    const collapsed = bank.filter((q) => q.text === "Is there a collapsed lung?");
    expect(collapsed.map((q) => q.findingId)).toEqual(["pneumothorax", "atelectasis"]);
    expect(collapsed.every((q) => !q.equivalent)).toBe(true);
  });

  test("a phantom never answers for pneumonia; a labelled radiograph answers for that and for normal only", () => {
    const answered = (truth: CaseTruth) => bank.filter((q) => answerFor(q, truth) !== null);
    expect(answered(phantom(leftLarge)).some((q) => q.findingId === "pneumonia")).toBe(false);
    const child = answered({ pneumonia: true });
    expect(new Set(child.map((q) => q.canonicalId))).toEqual(
      new Set(["presence.pneumonia", "normal"]),
    );
    expect(answerFor(wording("Is there pneumonia?"), { pneumonia: true })).toBe("yes");
    expect(answerFor(wording("Is there no pneumonia?"), { pneumonia: true })).toBe("no");
    expect(answerFor(wording("Is this radiograph normal?"), { pneumonia: true })).toBe("no");
  });

  test("every answer is a word of its answer space", () => {
    const spaces: Readonly<Record<string, readonly string[]>> = bankJson.answerSpaces;
    let answers = 0;
    for (const question of bank) {
      const answer = answerFor(question, phantom(leftLarge, rightSmall));
      if (answer === null) continue;
      answers++;
      expect(spaces[question.answerSpace], question.text).toContain(answer);
    }
    expect(answers).toBeGreaterThan(500);
  });
});

test("each presence question has at least ten equivalents over four strategies, trained and held out", () => {
  for (const plain of bank.filter((q) => q.type === "presence" && q.strategy === "plain")) {
    const others = bank.filter(
      (q) => q.canonicalId === plain.canonicalId && q.equivalent && q !== plain,
    );
    expect(others.length).toBeGreaterThanOrEqual(10);
    expect(new Set(others.map((q) => q.strategy)).size).toBe(4);
    for (const heldOut of [true, false]) {
      expect(others.filter((q) => q.heldOut === heldOut).length).toBeGreaterThan(3);
    }
  }
});
