import { describe, expect, test } from "vitest";
import { CRITICAL_FINDINGS, criticalMentions } from "./criticalFindings.ts";
import { DEFAULT_THRESHOLDS, TRIAGE_VERSION, triage } from "./triage.ts";
import type { TriageInput } from "./triage.ts";

const calm: TriageInput = {
  disagreement: 0,
  confidence: 0.9,
  normal: false,
  statements: ["The heart is enlarged."],
  decidedAt: "2026-11-21T07:00:00Z",
};

const stated = (text: string) =>
  criticalMentions(text)
    .filter((m) => !m.negated)
    .map((m) => m.finding.id);

describe("triage", () => {
  test.each<[string, Partial<TriageInput>, string, string]>([
    ["wordings disagree", { disagreement: 0.4 }, "defer", "disagreement"],
    ["low confidence", { confidence: 0.69 }, "defer", "confidence"],
    ["critical finding", { statements: ["Large left pneumothorax."] }, "urgent", "critical"],
    ["surely normal", { normal: true, confidence: 0.96 }, "auto-clear", "clear"],
    ["normal, not sure enough", { normal: true, confidence: 0.95 }, "review", "review"],
    ["abnormal, not critical", {}, "review", "review"],
    ["sure, but not called normal", { confidence: 0.99 }, "review", "review"],
    ["negated critical finding", { statements: ["No pneumothorax."] }, "review", "review"],
    // Order: each earlier rule wins over all later ones.
    [
      "disagreement before all",
      { disagreement: 0.4, confidence: 0.1, statements: ["Pneumothorax."] },
      "defer",
      "disagreement",
    ],
    [
      "confidence before critical",
      { confidence: 0.1, statements: ["Pneumothorax."] },
      "defer",
      "confidence",
    ],
    [
      "critical before clear",
      { normal: true, confidence: 0.99, statements: ["Pneumothorax."] },
      "urgent",
      "critical",
    ],
    // One of five wordings is .2, which is not more than .2; a confidence of .7 is not below .7.
    ["at both limits", { disagreement: 1 / 5, confidence: 0.7 }, "review", "review"],
    ["two of five wordings", { disagreement: 2 / 5, confidence: 0.99 }, "defer", "disagreement"],
  ])("%s", (_, change, route, rule) => {
    const decision = triage({ ...calm, ...change });
    expect(decision.route).toBe(route);
    expect(decision.rule).toBe(rule);
    expect(decision.path.at(-1)).toMatchObject({ rule, applies: true });
    expect(decision.path.slice(0, -1).every((step) => !step.applies)).toBe(true);
  });

  test("a deferred case keeps its critical flag", () => {
    const decision = triage({ ...calm, disagreement: 0.6, statements: ["Right pneumothorax."] });
    expect(decision.route).toBe("defer");
    expect(decision.critical.map((m) => m.finding.id)).toEqual(["pneumothorax"]);
    expect(decision.reason).toBe(
      "60 % of the wordings disagree, above 20 %. Also stated: pneumothorax.",
    );
  });

  test("the record carries thresholds, version and time, and other thresholds decide otherwise", () => {
    const decision = triage(calm);
    expect(decision).toMatchObject({
      thresholds: DEFAULT_THRESHOLDS,
      version: TRIAGE_VERSION,
      decidedAt: calm.decidedAt,
    });
    expect(triage(calm, { ...DEFAULT_THRESHOLDS, minConfidence: 0.92 }).rule).toBe("confidence");
  });

  test.each([
    [{ ...calm, confidence: Number.NaN }, DEFAULT_THRESHOLDS],
    [{ ...calm, disagreement: 1.2 }, DEFAULT_THRESHOLDS],
    [calm, { ...DEFAULT_THRESHOLDS, clearConfidence: 0.5 }],
    [calm, { ...DEFAULT_THRESHOLDS, maxDisagreement: -0.1 }],
  ])("numbers that make no sense are refused", (input, thresholds) => {
    expect(() => triage(input, thresholds)).toThrow(
      expect.objectContaining({ code: "spec-invalid" }),
    );
  });
});

describe("critical findings", () => {
  test.each(CRITICAL_FINDINGS.flatMap((f) => f.terms.map((term) => [term, f.id])))(
    "%s is found, and not when negated",
    (term, id) => {
      expect(stated(`There is ${term} on this film.`)).toEqual([id]);
      expect(stated(`No ${term}.`)).toEqual([]);
      expect(stated(`There is no evidence of ${term}.`)).toEqual([]);
      expect(stated(`${term} is not seen.`)).toEqual([]);
      expect(criticalMentions(`No ${term}.`)).toHaveLength(1);
    },
  );

  test.each<[string, string[]]>([
    ["No effusion, consolidation or pneumothorax.", []],
    ["No effusion. Small pneumothorax.", ["pneumothorax"]],
    ["No effusion but a small pneumothorax.", ["pneumothorax"]],
    ["No effusion, there is a pneumothorax.", ["pneumothorax"]],
    ["Pneumothorax cannot be excluded.", ["pneumothorax"]],
    ["We cannot exclude a pneumothorax.", ["pneumothorax"]],
    ["No change in the right pneumothorax.", ["pneumothorax"]],
    ["No significant interval change in the pneumothorax.", ["pneumothorax"]],
    ["Pneumothorax has been ruled out.", []],
    ["The study is negative for pulmonary embolism.", []],
    ["The pneumothorax has resolved.", []],
    ["The lungs are free of pulmonary oedema.", []],
    // "nodule", "normal", "diagnosis", "not-" inside words are no negations.
    ["Nodule and pneumothorax.", ["pneumothorax"]],
    ["Normal heart, diagnosis: pneumothorax.", ["pneumothorax"]],
    ["Notable pneumothorax with unknown cause.", ["pneumothorax"]],
    ["Hydropneumothorax is another word.", []],
    ["Pneumothoraces and pulmonary edema.", ["pneumothorax", "edema"]],
    ["", []],
  ])("%j", (text, ids) => {
    expect(stated(text)).toEqual(ids);
  });
});
