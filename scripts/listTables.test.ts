import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { TABLES, listTables } from "./listTables.ts";
import { listVerb } from "../src/cli/listVerb.ts";

test("docs/tables/README.md says what lab list says; `npm run docs` makes it anew", async () => {
  let made = "";
  await listVerb(Object.keys(TABLES), (lists) => {
    made = listTables(lists as Readonly<Record<string, unknown>>);
  });
  const file = path.join(import.meta.dirname, "../docs/tables/README.md");
  expect(readFileSync(file, "utf8"), "docs/tables/README.md is stale: run npm run docs").toBe(made);
  expect(made).toContain("| `pgd` | `restarts` |");
  expect(made).not.toMatch(/undefined|\[object|NaN/);
});
