/** The glossary against the tables that put words on screen. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { ATTACK_CATALOG } from "../attacks/catalog.ts";
import { PARAMS } from "../experiment/params.ts";
import { parseGlossary } from "./glossary.ts";

const json = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "../../public/glossary.json"), "utf8"),
) as { terms: { labels: string[] }[] };
const glossary = parseGlossary(json);

test("every setting of an experiment and every attack is explained", () => {
  const labels = [
    ...Object.values(PARAMS).map(({ label }) => label),
    ...Object.values(ATTACK_CATALOG).map(({ label }) => label),
  ];
  expect(labels.filter((label) => !glossary.has(label) && label !== "Size of a change")).toEqual(
    [],
  );
});

test("an entry is two sentences and a formula, and no label stands twice", () => {
  const labels = json.terms.flatMap((term) => term.labels);
  expect(new Set(labels).size).toBe(labels.length);
  for (const [label, { text, formula }] of glossary) {
    const sentences = text["en"]!.split(/(?<=[.!?])\s+(?=[A-Z0-9])/);
    expect(sentences, label).toHaveLength(2);
    expect(formula, label).not.toBe("");
  }
});

test("a file that is no glossary is refused", () => {
  expect(() => parseGlossary({ format: "penumbra-glossary", version: 1, terms: [{}] })).toThrow(
    /The glossary can't be read: terms\[0\]/,
  );
});
