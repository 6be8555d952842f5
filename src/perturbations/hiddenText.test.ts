/** Hidden words come back from a PNG and not from a JPEG; seen ones are ink where the letters are. */
import { expect, test } from "vitest";
import { exportPng } from "../io/exportPng.ts";
import { loadPng } from "../io/loadPng.ts";
import { grayImage } from "../image/grayImage.ts";
import { jpegRoundTrip } from "../image/jpegRoundTrip.ts";
import { hiddenText as readHidden } from "../image/lsb.ts";
import { filmText } from "./filmText.ts";
import { hiddenText } from "./hiddenText.ts";
import { WORDS, isInk, textColumns } from "./words.ts";

const SIDE = 64;
const size = { width: SIDE, height: SIDE };
const PICTURE = Float32Array.from(
  { length: SIDE * SIDE },
  (_, i) => Math.round(120 + 80 * Math.sin(i / 9) * Math.cos(i / 400)) / 255,
);

test.each([1, 2, 5, 8])("words in bit %d are read again, change that bit alone", (plane) => {
  for (const [words, text] of WORDS.entries()) {
    const made = hiddenText.apply(PICTURE, size, { plane, words }, 1);
    expect(readHidden(made, plane)).toBe(text);
    for (const [i, value] of made.entries()) {
      const changed = Math.round(255 * value) ^ Math.round(255 * PICTURE[i]!);
      expect(changed & ~(1 << (plane - 1))).toBe(0);
    }
  }
});

test("a PNG keeps the message, JPEG destroys it, and a plain picture has none", async () => {
  const made = hiddenText.apply(PICTURE, size, { plane: 1, words: 0 }, 1);
  const back = await loadPng(exportPng(grayImage(made, SIDE, SIDE)));
  const levels = Float32Array.from(back.values, (value) => value / 255);
  expect(readHidden(levels, 1)).toBe("NO EFFUSION");
  expect(readHidden(jpegRoundTrip(made, size, 75), 1)).toBeUndefined();
  for (let plane = 1; plane <= 8; plane++) expect(readHidden(PICTURE, plane)).toBeUndefined();
});

test("words on the film are ink of the stated opacity, in the stated place, and nothing else", () => {
  const columns = textColumns("NO EFFUSION");
  let ink = 0;
  for (let row = 0; row < 7; row++) {
    for (let column = 0; column < columns; column++)
      ink += isInk("NO EFFUSION", column, row) ? 1 : 0;
  }
  const params = { opacity: 0.5, words: 0, width: 0.9, x: 0.5, y: 0.5 };
  const small = filmText.apply(new Float32Array(SIDE * SIDE), size, params, 1);
  const cell = (0.9 * SIDE) / columns;
  expect(small.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0.5 * ink * cell * cell, -1);
  expect(small[2 * SIDE + 32]).toBe(0);
  expect(Math.max(...small)).toBeLessThanOrEqual(0.5);
});

test("every letter of the words can be written", () => {
  for (const text of WORDS) {
    for (const [k, letter] of [...text].entries()) {
      const cells = Array.from({ length: 35 }, (_, i) =>
        isInk(text, 6 * k + (i % 5), Math.floor(i / 5)),
      );
      expect(cells.some(Boolean), letter).toBe(letter !== " ");
    }
  }
});
