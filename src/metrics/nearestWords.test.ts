import { expect, it } from "vitest";
import { meanNorm, nearestWords, wordSearch } from "./nearestWords.ts";

it("names the word that makes the smallest angle, however long it is, and leaves words without a direction out", () => {
  const table = Float32Array.of(0, 0, 1, 0, 0, 5, -3, 0);
  const tokens = {
    rows: 3,
    width: 2,
    data: Float32Array.of(9, 1, 1, 2, -1, 0),
  };
  expect(nearestWords(tokens, table).map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(nearestWords(tokens, table)[1]!.cosine).toBeCloseTo(2 / Math.sqrt(5), 6);
  expect(meanNorm(table, 2)).toBeCloseTo((0 + 1 + 5 + 3) / 4, 6);
});

it("finds the same words whatever parts the table comes in", () => {
  const table = Float32Array.from({ length: 7 * 3 }, (_, i) => Math.sin(7 * i + 1));
  const tokens = {
    rows: 4,
    width: 3,
    data: Float32Array.from({ length: 12 }, (_, i) => Math.cos(5 * i)),
  };
  const search = wordSearch(tokens);
  search.add(table.subarray(0, 6), 0);
  search.add(table.subarray(6, 21), 2);
  expect(search.found).toEqual(nearestWords(tokens, table));
});
