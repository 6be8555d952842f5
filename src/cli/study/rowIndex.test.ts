import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { RowIndex } from "./rowIndex.ts";
import type { Place } from "./rowIndex.ts";

const keyOf = (k: number) => createHash("sha256").update(String(k)).digest("hex");
const placeOf = (k: number): Place => ({
  file: k % 2,
  offset: k * 2 ** 33,
  length: k + 1,
  hasFailed: k % 3 === 0,
});

test("says what a map says, through growth, overwriting and forgetting", () => {
  const index = new RowIndex();
  const map = new Map<string, Place>();
  for (let k = 0; k < 5000; k++) {
    index.set(keyOf(k), placeOf(k));
    map.set(keyOf(k), placeOf(k));
  }
  for (let k = 0; k < 5000; k += 7) {
    index.delete(keyOf(k));
    map.delete(keyOf(k));
  }
  for (let k = 0; k < 5000; k += 14) {
    index.set(keyOf(k), placeOf(k + 1));
    map.set(keyOf(k), placeOf(k + 1));
  }
  index.delete(keyOf(-1));
  index.set(keyOf(1), placeOf(9));
  map.set(keyOf(1), placeOf(9));
  expect(index.size).toBe(map.size);
  expect([...index.keys()]).toEqual([...map.keys()]);
  for (const [key, place] of map) expect(index.get(key)).toEqual(place);
  expect(index.has(keyOf(7))).toBe(false);
  expect(index.get(keyOf(6000))).toBeUndefined();
  index.clear();
  expect([index.size, index.has(keyOf(1)), [...index.keys()]]).toEqual([0, false, []]);
});

test("tells two keys apart that begin alike", () => {
  const index = new RowIndex();
  const [a, b] = ["0".repeat(64), `${"0".repeat(63)}1`];
  index.set(a, placeOf(1));
  expect(index.has(b)).toBe(false);
  index.set(b, placeOf(2));
  expect([index.get(a), index.get(b)]).toEqual([placeOf(1), placeOf(2)]);
});
