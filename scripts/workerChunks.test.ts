/** What a worker loads at once lies beside its script, what waits and the script itself do not. */
import { expect, test } from "vitest";
import { besideEntry } from "./workerChunks.ts";

const IMPORTERS: Readonly<Record<string, readonly string[]>> = {
  "worker.ts": [],
  "engine.ts": ["worker.ts"],
  "graph.ts": ["engine.ts", "ring.ts", "late.ts"],
  "ring.ts": ["graph.ts"],
  "late.ts": [],
  "own.ts": ["late.ts"],
};
const context = {
  getModuleInfo: (id: string) =>
    IMPORTERS[id] ? { isEntry: id === "worker.ts", importers: IMPORTERS[id] } : null,
};

test.each([
  ["worker.ts", null],
  ["engine.ts", "work"],
  ["graph.ts", "work"],
  ["ring.ts", "work"],
  ["late.ts", null],
  ["own.ts", null],
  ["unknown.ts", null],
])("%s lies in %s", (id, name) => {
  expect(besideEntry(id, context)).toBe(name);
});
