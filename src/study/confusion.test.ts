import { expect, test } from "vitest";
import { confusionOf } from "./confusion.ts";
import type { Row } from "./rowColumns.ts";

function row(cells: Readonly<Record<string, unknown>>): Row {
  return { asked: "Is there a nodule?", ...cells } as unknown as Row;
}

test("right answers, missed findings and false alarms are told apart by question", () => {
  const rows = [
    row({ case: "a", truth: "yes", answerClean: "yes", correctClean: true }),
    row({ case: "b", truth: "yes", answerClean: "no", correctClean: false }),
    row({ case: "c", truth: "no", answerClean: "yes", correctClean: false }),
    // With a stack its answer counts, not the one before.
    row({ case: "d", truth: "no", answerClean: "no", correctClean: true, correct: false }),
    row({ asked: "Is there no nodule?", case: "a", truth: "no", correctClean: true }),
    // Nothing is known of these.
    row({ case: "e", truth: null, correctClean: null }),
    row({ case: "f", truth: "left", answerClean: "right", correctClean: false }),
  ];
  const [nodule, negated, ...rest] = confusionOf(rows);
  expect(rest).toEqual([]);
  expect(nodule).toMatchObject({ asked: "Is there a nodule?", total: 4, right: 1 });
  expect(nodule!.missed.map(({ case: of }) => of)).toEqual(["b"]);
  expect(nodule!.falseAlarms.map(({ case: of }) => of)).toEqual(["c", "d"]);
  expect(negated).toMatchObject({ total: 1, right: 1, missed: [], falseAlarms: [] });
  expect(confusionOf([])).toEqual([]);
});
