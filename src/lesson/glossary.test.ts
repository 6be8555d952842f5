/** The glossary against the tables that put words on screen. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { ATTACK_CATALOG } from "../attacks/catalog.ts";
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import { INSTRUMENT_CATALOG } from "../experiment/instruments/catalog.ts";
import { PARAMS } from "../experiment/params.ts";
import { PERTURBATION_CATALOG } from "../perturbations/catalog.ts";
import { parseGlossary } from "./glossary.ts";

const json = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "../../public/glossary.json"), "utf8"),
) as { terms: { labels: string[] }[] };
const glossary = parseGlossary(json);

interface Explained {
  readonly label: string;
  readonly help?: string | undefined;
}

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

test("every heading and every figure on screen is explained", () => {
  const ui = path.join(import.meta.dirname, "../ui");
  const sources = readdirSync(ui, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".tsx"))
    .map((file) => readFileSync(path.join(ui, file), "utf8"));
  const headings = sources.flatMap((text) =>
    [...text.matchAll(/<(?:Section|ResultSection|PlotPanel)\s+title="([^"]+)"/g)].map(
      ([, title]) => title!,
    ),
  );
  const figures = readFileSync(path.join(ui, "panels/Numbers.tsx"), "utf8");
  const names = [...figures.matchAll(/^\s+name: "([^"]+)"/gm)].map(([, name]) => name!);
  expect(headings.length).toBeGreaterThan(8);
  expect(names.length).toBeGreaterThan(6);
  expect([...headings, ...names].filter((label) => !glossary.has(label))).toEqual([]);
});

test("what the glossary does not hold explains itself, in whole sentences", () => {
  const explained = [PERTURBATION_CATALOG, DEFENSE_CATALOG, INSTRUMENT_CATALOG].flatMap((catalog) =>
    Object.values<Explained & { readonly params: Readonly<Record<string, Explained>> }>(
      catalog,
    ).flatMap(({ label, help, params }) => [{ label, help }, ...Object.values(params)]),
  );
  expect(explained.length).toBeGreaterThan(100);
  const mute = explained.filter(
    ({ label, help }) => !glossary.has(label) && !/^[A-Z0-9].{15,}[.)]$/.test(help ?? ""),
  );
  expect(mute.map(({ label, help }) => `${label}: ${help}`)).toEqual([]);
});
