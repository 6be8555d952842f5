import { expect, test } from "vitest";
import { THUMB, createWorklistStore, placeOf, thumbOf } from "./worklistStore.ts";

const file = (name: string) => new File([], name);

test("a list begins anew, and an entry is changed alone", () => {
  const { getState } = createWorklistStore();
  getState().begin([file("a"), file("b")]);
  getState().update(1, { refusal: "cut off" });
  expect(getState().entries).toMatchObject([{ answers: {} }, { refusal: "cut off" }]);
  getState().setAsking(true);
  getState().begin([file("c")]);
  expect(getState()).toMatchObject({ isAsking: false, entries: [{ id: 0, answers: {} }] });
  getState().close();
  expect(getState().entries).toEqual([]);
});

test("a file that holds several pictures becomes one entry for each, once", () => {
  const { getState } = createWorklistStore();
  getState().begin([file("a"), file("b"), file("c")]);
  getState().update(1, { answers: { asked: { text: "no", isFar: false } } });
  for (let k = 0; k < 2; k++) getState().unfold(1, 3);
  const { entries } = getState();
  expect(entries.map((entry) => [entry.file.name, entry.picture?.index])).toEqual([
    ["a", undefined],
    ["b", 0],
    ["b", 1],
    ["b", 2],
    ["c", undefined],
  ]);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(5);
  expect(entries.map(({ answers }) => Object.keys(answers).length)).toEqual([0, 1, 0, 0, 0]);
});

test("of a film that lies in the folder twice, the copy that was opened last is the one on the bench", () => {
  const { getState } = createWorklistStore();
  getState().begin([file("a"), file("copy of a"), file("b")]);
  expect(placeOf(getState(), null)).toBe(-1);
  getState().open(0, "hash of a");
  expect(placeOf(getState(), "hash of a")).toBe(0);
  getState().open(1, "hash of a");
  expect(placeOf(getState(), "hash of a")).toBe(1);
  // By a link, say: not opened from the list, and found there all the same.
  getState().open(2, "hash of b");
  expect(placeOf(getState(), "hash of a")).toBe(0);
});

test("a thumbnail keeps the picture’s sides", () => {
  const size = 2 * THUMB;
  const image = Float32Array.from({ length: size * size }, (_, k) => (k % size < THUMB ? 0 : 1));
  const thumb = thumbOf(image, size);
  expect(thumb).toHaveLength(THUMB * THUMB);
  expect([thumb[0], thumb[THUMB - 1], thumb[THUMB], thumb[2 * THUMB - 1]]).toEqual([
    0, 255, 0, 255,
  ]);
});
