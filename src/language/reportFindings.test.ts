import { describe, expect, it } from "vitest";
import { FINDING_KINDS } from "../phantom/spec.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import { sampleSpec } from "../phantom/sample.ts";
import { findingAgreement, statedFindings } from "./reportFindings.ts";

describe("findings that rules read in a report", () => {
  it("are those that a phantom has, with their sides", () => {
    for (let seed = 1; seed <= 12; seed++) {
      const { findings, report } = renderPhantom(sampleSpec(seed), 64);
      const there = findings.map(({ kind, side }) => `${kind} ${side ?? ""}`.trim());
      const read = statedFindings(report.join(" ")).map(({ id, side }) =>
        `${id} ${side ?? ""}`.trim(),
      );
      expect(read.toSorted(), report.join(" ")).toEqual([...new Set(there)].toSorted());
    }
    expect(FINDING_KINDS.length).toBe(12);
  });

  it("are not those that the report denies", () => {
    const stated =
      "No pleural effusion. There is no evidence of pneumothorax. The heart is normal in size.";
    expect(statedFindings(stated)).toEqual([]);
    expect(statedFindings("The heart is enlarged. No edema.")).toEqual([
      { id: "cardiomegaly", side: undefined },
    ]);
  });

  it("agree by their F1", () => {
    const report = "There is a small left pleural effusion. The heart is enlarged.";
    expect(findingAgreement(report, report)).toBe(1);
    expect(findingAgreement("No pleural effusion.", "The lungs are clear.")).toBe(1);
    // One of two, and the other side: 2 * 1 / (2 + 2).
    expect(
      findingAgreement("There is a right pleural effusion. The heart is enlarged.", report),
    ).toBe(0.5);
    expect(findingAgreement("", report)).toBe(0);
  });
});
