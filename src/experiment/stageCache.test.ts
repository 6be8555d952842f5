import { expect, test } from "vitest";
import { StageCache, stageKey } from "./stageCache.ts";

test("a key depends on the slice and the parents, not on property order", () => {
  const key = stageKey("clean", { a: 1, b: [2, { c: 3, d: 4 }] }, ["p"]);
  expect(stageKey("clean", { b: [2, { d: 4, c: 3 }], a: 1 }, ["p"])).toBe(key);
  expect(stageKey("clean", { a: 1, b: [2, { c: 3, d: 5 }] }, ["p"])).not.toBe(key);
  expect(stageKey("clean", { a: 1, b: [2, { c: 3, d: 4 }] }, ["q"])).not.toBe(key);
  expect(stageKey("input", { a: 1, b: [2, { c: 3, d: 4 }] }, ["p"])).not.toBe(key);
});

test("the cache forgets the entry unused for longest", () => {
  const cache = new StageCache(2);
  cache.set("a", 1);
  cache.set("b", 2);
  expect(cache.get("a")).toBe(1);
  cache.set("c", 3);
  expect(cache.get("b")).toBeUndefined();
  expect(cache.get("a")).toBe(1);
  expect(cache.get("c")).toBe(3);
});
