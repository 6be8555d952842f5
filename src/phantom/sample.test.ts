import { describe, expect, test } from "vitest";
import { sampleSpec } from "./sample.ts";
import { FINDINGS, FINDING_KINDS } from "./spec.ts";

describe("sampled cases", () => {
  const specs = Array.from({ length: 600 }, (_, seed) => sampleSpec(seed));

  test("every finding occurs in 12 to 28 % of cases, a fifth or more are normal, effusions may be bilateral", () => {
    for (const kind of FINDING_KINDS) {
      const share = specs.filter((s) => s.findings.some((f) => f.kind === kind)).length / 600;
      expect(share).toBeGreaterThan(0.12);
      expect(share).toBeLessThan(0.28);
    }
    expect(specs.filter((s) => s.findings.length === 0).length / 600).toBeGreaterThan(0.2);
    const effusions = specs.map((s) => s.findings.filter((f) => f.kind === "effusion"));
    expect(effusions.some((e) => e.length === 2 && e[0]!.side !== e[1]!.side)).toBe(true);
    expect(effusions.every((e) => e.length <= 2)).toBe(true);
  });

  test("amounts stay inside their ranges and the rate is obeyed", () => {
    for (const { kind, amount, side } of specs.flatMap((s) => s.findings)) {
      const { min, max, sided } = FINDINGS[kind];
      expect(amount! >= min && amount! <= max).toBe(true);
      expect(side !== undefined).toBe(sided);
    }
    expect(
      specs.every(({ seed }) => sampleSpec(seed, { findingRate: 0 }).findings.length === 0),
    ).toBe(true);
  });
});
