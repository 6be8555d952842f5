import { describe, expect, test } from "vitest";
import { FINDING_TERMS } from "../../language/questionBank.ts";
import { questionMenu, readQuestion } from "./questionMenu.ts";

describe("the line under the question box", () => {
  test.each([
    ["Is there a pleural effusion?", "Understood: pleural effusion. Yes = present, no = absent."],
    ["no PTX?", "Understood: pneumothorax. Yes = absent, no = present."],
    [
      "large effusion on the left?",
      "Understood: large pleural effusion on the left. Yes = present, no = absent.",
    ],
    [
      "bilateral consolidation",
      "Understood: consolidation on both sides. Yes = present, no = absent.",
    ],
    [
      "Is the heart of normal size here?",
      "Understood: heart size. Yes = not enlarged, no = enlarged.",
    ],
    ["any abnormality?", "Understood: the whole film. Yes = abnormal, no = normal."],
    [
      "which side is the nodule",
      "Understood: the side of the lung nodule, assuming there is one. Answers: left, right or both.",
    ],
    ["PA?", "Understood: the view. Answers: PA or AP."],
    [
      "Is the left effusion smaller than the right?",
      "Understood: pleural effusion, left against right. Yes = larger on the right, no = larger on the left.",
    ],
  ])("%s", (text, statement) => {
    expect(readQuestion(text)).toMatchObject({ ok: true, statement });
  });

  test.each([
    ["Is there a pleural effusion?", "Wording seen in training: yes."],
    [
      "There is a pleural effusion, correct?",
      "Wording seen in training: no, it was kept out on purpose.",
    ],
    ["effusion?", "Wording seen in training: no, it is your own."],
    [
      "effusion",
      "Wording seen in training: no, it is your own. To the model, a question mark at the end makes another wording.",
    ],
  ])("says where the wording of %j comes from", (text, detail) => {
    expect(readQuestion(text)).toMatchObject({ detail });
  });

  test("says what was corrected, what it cannot check, and what limits the question", () => {
    expect(readQuestion("Is there a pleural effusion?", true)).toMatchObject({ detail: "" });
    expect(readQuestion("left efusion, loculated?")).toMatchObject({
      detail:
        '"efusion" is read as "effusion". The lab cannot check "loculated"; the model still gets your exact words. ' +
        "Wording seen in training: no, it is your own. A question limited to a side or size has no other wordings here.",
    });
  });

  test("asks back where no single answer fits", () => {
    expect(readQuestion("What abnormality is present?")).toMatchObject({
      ok: false,
      message: "This asks for a description, and the model only picks one of a few answers.",
      hint: 'Ask about one thing at a time, such as "Is there a pleural effusion?" or "Is this radiograph normal?"',
    });
  });

  test("refuses by name with what to ask instead", () => {
    expect(readQuestion("collapsed lung")).toMatchObject({
      ok: false,
      message:
        '"collapsed lung" is not one finding: it can be pneumothorax or atelectasis, among others.',
      hint: "Ask instead:",
      offers: ["Is there a pneumothorax?", "Is there atelectasis?"].map((question) => ({
        label: question,
        question,
      })),
    });
  });

  test("every question of the menu is understood as trained", () => {
    for (const item of questionMenu().flatMap(({ items }) => items)) {
      expect(readQuestion(item), item).toMatchObject({ ok: true });
    }
  });
});

test("offers by a button what can be asked instead, and each offer is understood", () => {
  const offersFor = (text: string) => {
    const reading = readQuestion(text);
    return reading.ok ? [] : reading.offers;
  };
  const all = offersFor("Is there tuberculosis?");
  expect(all.map(({ label }) => label)).toEqual([
    ...FINDING_TERMS.map(({ term }) => term),
    "normal film",
  ]);
  const unsaid = readQuestion("asdf qwer");
  expect(unsaid.ok ? "" : unsaid.hint).not.toContain("cardiomegaly, ");
  const offers = [
    "Is there tuberculosis?",
    "asdf qwer",
    "Describe the image",
    "Is there a catheter?",
  ].flatMap(offersFor);
  expect(offers.length).toBeGreaterThan(28);
  for (const { question } of offers) expect(readQuestion(question).ok, question).toBe(true);
});
