import { describe, expect, test } from "vitest";
import { validateParaphrase } from "./clinicalValidator.ts";
import { expandQuestions, plainQuestions } from "./questionBank.ts";

const failed = (original: string, rewording: string) =>
  validateParaphrase(original, rewording)
    .checks.filter((c) => !c.passed)
    .map((c) => c.check);

const plainOf = (canonicalId: string) =>
  plainQuestions().find((q) => q.canonicalId === canonicalId)!.text;

describe("every wording of the bank", () => {
  const questions = expandQuestions();

  test("equivalents pass all four checks", () => {
    const refused = questions
      .filter((q) => q.equivalent)
      .flatMap((q) => {
        const { accepted, checks } = validateParaphrase(plainOf(q.canonicalId), q.text);
        return accepted ? [] : [`${q.text}: ${checks.find((c) => !c.passed)!.reason}`];
      });
    expect(refused).toEqual([]);
  });

  test("scoped wordings and near-synonyms are refused", () => {
    const others = questions.filter((q) => !q.equivalent);
    expect(others.length).toBeGreaterThan(40);
    const accepted = others.filter(
      (q) => validateParaphrase(plainOf(`${q.type}.${q.findingId}`), q.text).accepted,
    );
    expect(accepted.map((q) => q.text)).toEqual([]);
  });

  test("no question passes for another one", () => {
    const plain = plainQuestions();
    const confused = plain.flatMap((a) =>
      plain
        .filter((b) => a !== b && a.findingId !== b.findingId)
        .filter((b) => validateParaphrase(a.text, b.text).accepted)
        .map((b) => `${a.text} ${b.text}`),
    );
    expect(confused).toEqual([]);
  });
});

describe("what each check refuses", () => {
  test.each<[string, string, string[]]>([
    ["Is there a nodule on the left?", "Is there a nodule on the right?", ["anatomy"]],
    ["Is there a left pleural effusion?", "Is there a right pleural effusion?", ["anatomy"]],
    ["Is there a pleural effusion?", "Is there a left pleural effusion?", ["anatomy"]],
    ["Is there consolidation?", "Is there consolidation in the upper lobe?", ["anatomy"]],
    ["Is there a pleural effusion?", "Is there a pneumothorax?", ["findings"]],
    ["Is there a pleural effusion?", "Is there a large pleural effusion?", ["findings"]],
    ["Is there consolidation?", "Is there a lung opacity?", ["findings", "unambiguous"]],
    ["Is there a pneumothorax?", "Is there a collapsed lung?", ["findings", "unambiguous"]],
    ["Is there atelectasis?", "Is there a collapsed lung?", ["findings", "unambiguous"]],
    ["Is there edema?", "Is there no absent edema?", ["unambiguous"]],
    ["Is there edema?", "Is there edema or consolidation?", ["findings", "unambiguous"]],
    ["Is there edema?", "Is is there edema?", ["natural"]],
    ["Is there edema?", "Is there edema", ["natural"]],
    ["Is there a lung nodule?", "Is there an lung nodule?", ["natural"]],
    ["Is there an endotracheal tube?", "Is there a endotracheal tube?", ["natural"]],
    [
      "Is the left effusion larger than the right?",
      "Is the right effusion larger than the left?",
      ["unambiguous"],
    ],
  ])("%s / %s", (original, rewording, checks) => {
    expect(failed(original, rewording)).toEqual(checks);
  });

  test("reasons say what changed", () => {
    const { checks } = validateParaphrase(
      "Is there a left pleural effusion?",
      "Is there a right pleural effusion?",
    );
    expect(checks[0]!.reason).toBe("The rewording drops left and adds right.");
    const collapsed = validateParaphrase("Is there a pneumothorax?", "Is there a collapsed lung?");
    expect(collapsed.checks[3]!.reason).toBe(
      '"collapsed lung" can mean pneumothorax or atelectasis.',
    );
  });

  test("words that only look like negations or places are neither", () => {
    expect(
      failed("Is there a lung nodule?", "Is it your diagnosis that there is a lung nodule?"),
    ).toEqual([]);
    expect(failed("Is there a pneumothorax?", "Is there air in the pleural space?")).toEqual([]);
  });
});
