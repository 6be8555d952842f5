import { describe, expect, test } from "vitest";
import { questionMenu, readQuestion } from "./questionMenu.ts";

describe("the line under the question box", () => {
  test.each([
    [
      "Is there a pleural effusion?",
      "Understood: pleural effusion. Yes means there, no means absent.",
    ],
    ["no PTX?", "Understood: pneumothorax. Yes means absent, no means there."],
    [
      "large effusion on the left?",
      "Understood: large pleural effusion on the left. Yes means there, no means absent.",
    ],
    [
      "bilateral consolidation",
      "Understood: consolidation on both sides. Yes means there, no means absent.",
    ],
    [
      "Is the heart of normal size here?",
      "Understood: heart size. Yes means not enlarged, no means enlarged.",
    ],
    ["any abnormality?", "Understood: the whole film. Yes means abnormal, no means normal."],
    [
      "which side is the nodule",
      "Understood: the side of the lung nodule, taken as there. Answers left, right or both.",
    ],
    ["PA?", "Understood: the view. Answers PA or AP."],
    [
      "Is the left effusion smaller than the right?",
      "Understood: pleural effusion, left against right. Yes means larger on the right, no means larger on the left.",
    ],
  ])("%s", (text, statement) => {
    expect(readQuestion(text)).toMatchObject({ ok: true, statement });
  });

  test.each([
    ["Is there a pleural effusion?", "a wording it was trained on."],
    ["There is a pleural effusion, correct?", "a wording kept out of its training."],
    ["effusion?", "a free wording that it never saw in training."],
  ])("says where the wording of %j comes from", (text, ending) => {
    expect(readQuestion(text)).toMatchObject({
      detail: `The model answers the exact words typed, ${ending}`,
    });
  });

  test("says what was corrected, ignored and limited", () => {
    expect(readQuestion("left efusion, loculated")).toMatchObject({
      detail:
        '"efusion" is read as "effusion". Ignored in this reading: "loculated". The model answers the exact words ' +
        "typed, a free wording that it never saw in training. No paraphrases exist for a question limited like this.",
    });
  });

  test("refuses by name with what to ask instead", () => {
    expect(readQuestion("collapsed lung")).toEqual({
      ok: false,
      message:
        '"collapsed lung" is not one finding: it can be pneumothorax or atelectasis, among others.',
      hint: 'Ask "Is there a pneumothorax?" or "Is there atelectasis?"',
    });
  });

  test("every question of the menu is understood as trained", () => {
    for (const item of questionMenu().flatMap(({ items }) => items)) {
      expect(readQuestion(item), item).toMatchObject({ ok: true });
    }
  });
});
