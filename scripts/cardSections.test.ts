import { expect, test } from "vitest";
import type { SummaryFile } from "../src/cli/study/reportCommand.ts";
import { graphsSha256, parseManifest } from "../src/model/manifest.ts";
import { readFileSync } from "node:fs";
import { cardWithClaim } from "./cardClaims.ts";
import type { Evaluation } from "./cardClaims.ts";
import { cards } from "./cards.ts";
import { cardSection, cardWith } from "./cardSections.ts";

const manifest = parseManifest(
  JSON.parse(readFileSync(new URL("../public/models/base/manifest.json", import.meta.url), "utf8")),
);

function measured(sha256: string): SummaryFile {
  const cell = { runs: 24, failed: 0, n: 24, cases: 24 };
  return {
    study: "Gaussian robustness score by model",
    runs: 72,
    planned: 216,
    backend: "native",
    models: [{ id: "base", precision: "int8", sha256 }],
    tables: [
      {
        measure: "gaussianScore",
        kind: "mean",
        method: "",
        cells: [
          {
            ...cell,
            levels: { system: "base", sigma: 0.1 },
            estimate: 0.98,
            interval: { low: 0.97, high: 0.99 },
          },
          { ...cell, levels: { system: "noise", sigma: 0.1 }, estimate: 0.5, interval: null },
        ],
      },
    ],
    changed: [],
  };
}

test("cards say what the studies say; `npm run cards` makes them anew", () => {
  for (const { file, is, should } of cards()) expect(is, `${file}: run npm run cards`).toBe(should);
});

test("a card quotes its own model's cells, with n and interval, and nothing of another version", () => {
  const own = measured(graphsSha256(manifest, manifest.defaultPrecision));
  const text = cardSection(manifest, { "gaussian-score-by-model": own });
  expect(text).toContain("| 0.1 | 0.98 (0.97 to 0.99), n 24 |");
  expect(text).not.toContain("0.5");
  expect(text).toContain("72 of 216 runs");
  expect(text).toContain("Not measured: the study epsilon-attack-model has no runs of this model.");
  const old = cardSection(manifest, { "gaussian-score-by-model": measured("0".repeat(128)) });
  expect(old).toContain(
    "Not measured: the study gaussian-score-by-model has no runs of these graphs",
  );
  expect(old).not.toContain("0.98");
});

test("the section keeps its place, and what stands around it", () => {
  const first = cardWith("# A\n\ntext\n\n## Wordings\n\nmore\n", manifest, {});
  const moved = first.replace("## Wordings\n\nmore\n\n", "").concat("\n## Wordings\n\nmore\n");
  const again = cardWith(moved, manifest, {});
  expect(again).toBe(moved);
  expect(again.indexOf("## On the deployed graphs")).toBeLessThan(again.indexOf("## Wordings"));
});

test("a variant's claim holds only where its interval and the base model's do not meet", () => {
  const of = (accuracy: number, low: number, high: number): Evaluation => ({
    meanAuc: 0.99,
    attack: { n: 48, "2/255": { accuracy, low, high } },
    gaussianScore: { clipped: {} },
  });
  const base = of(0.4, 0.3, 0.5);
  const card = "# A\n\n## What it cannot do\n\n- much\n";
  const told = (own: Evaluation) => cardWithClaim(card, "fare-2", own, base);
  expect(told(of(0.8, 0.7, 0.9))).toContain(
    "It does: of answers under PGD-20 of 2/255 0.800 (0.700 to 0.900)",
  );
  expect(told(of(0.5, 0.45, 0.6))).toContain("It cannot be told:");
  expect(told(of(0.1, 0.05, 0.2))).toContain("It does the opposite:");
  const first = told(of(0.8, 0.7, 0.9));
  expect(first.indexOf("What it was made for")).toBeLessThan(first.indexOf("What it cannot do"));
  expect(cardWithClaim(first, "fare-2", of(0.8, 0.7, 0.9), base)).toBe(first);
  expect(cardWithClaim(card, "base", base, base)).toBe(card);
});
