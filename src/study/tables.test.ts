// docs/studies holds one whole table for each bundled study, made on the weights that are in the repository.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { planSize } from "./plan.ts";
import { parseStudy } from "./schema.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const inRoot = (...names: string[]) => path.join(ROOT, ...names);
const textOf = (...names: string[]) => readFileSync(inRoot(...names), "utf8");
const studies = readdirSync(inRoot("studies"))
  .filter((name) => name.endsWith(".json"))
  .map((name) => path.basename(name, ".json"));

/** Beginnings of the hashes of every file that a model package lists. */
const hashes = new Map(
  readdirSync(inRoot("public/models")).map((id) => {
    const manifest = inRoot("public/models", id, "manifest.json");
    const text = existsSync(manifest) ? readFileSync(manifest, "utf8") : "";
    return [
      id,
      new Set([...text.matchAll(/"([0-9a-f]{64})"/g)].map(([, hash]) => hash!.slice(0, 8))),
    ];
  }),
);

test.each(studies)("the table of %s is whole and of today's weights", (name) => {
  const study = parseStudy(JSON.parse(textOf("studies", `${name}.json`)));
  const table = textOf("docs/studies", `${name}.md`);
  expect(table).toContain(`# ${study.name}\n`);
  expect(table).toContain(study.description!);
  const { rows, cases } = planSize(study);
  const [, made, of, over] = /^(\d+) of (\d+) runs, (\d+) cases?, 0 failed\./m.exec(table) ?? [];
  expect([made, of, over].map(Number)).toEqual([rows, rows, cases]);
  const [, models = "", beside = ""] =
    /Models: (.*?)\.(?: Graphs beside them: (.*?)\.)? Backend: native\./.exec(table) ?? [];
  const named = [
    ...models.matchAll(/([a-z0-9-]+) [a-z0-9]+ \(([0-9a-f]{8})\)/g),
    ...beside.matchAll(/ of ([a-z0-9-]+)(?: \([a-z0-9]+\))? \(([0-9a-f]{8})\)/g),
  ];
  expect(named).toHaveLength([...models.split("; "), ...beside.split("; ")].filter(Boolean).length);
  for (const [, id, hash] of named) expect(hashes.get(id!), id).toContain(hash);
});

test("every table belongs to a study", () => {
  const tables = readdirSync(inRoot("docs/studies"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.basename(name, ".md"));
  expect(tables.toSorted()).toEqual(studies.toSorted());
});
