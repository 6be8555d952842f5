import { expect, test } from "vitest";
import { cutOffOf, squareOf } from "../../image/filmSquare.ts";
import { cutOffWords } from "./cutOffWords.ts";

const WIDE = { rows: 600, cols: 1000, pixelAspect: 1 };
const asked = (findingId: string) => ({ type: "presence", findingId }) as never;

test("a film that is given as a whole needs no words", () => {
  const cut = cutOffOf(WIDE, squareOf(WIDE, { kind: "whole" }));
  expect(cutOffWords(cut, asked("effusion")).lead).toBe("");
});

test("a hair's breadth of the border needs none either", () => {
  const film = { rows: 1020, cols: 1000, pixelAspect: 1 };
  expect(cutOffWords(cutOffOf(film, squareOf(film)), asked("effusion")).lead).toBe("");
});

test("says what is cut off, and why that matters to what is asked", () => {
  const sides = cutOffOf(WIDE, squareOf(WIDE));
  expect(cutOffWords(sides, asked("effusion"))).toEqual({
    lead: "The model is not given all of this film: 20% at the left and 20% at the right of it are cut off.",
    text: "Small effusions show in the angles at the lower outer corners of the lungs: see on the film whether that is inside the frame.",
  });
  expect(cutOffWords(sides, asked("nodule")).text).toBe("What lies there can’t be in its answer.");
  const top = cutOffOf(WIDE, { left: 0, top: 300, width: 1000, height: 300 });
  expect(cutOffWords(top, asked("pneumothorax")).text).toContain("at the top and the outer edge");
  // Nothing of an effusion shows at the top.
  expect(cutOffWords(top, asked("effusion")).text).toBe("What lies there can’t be in its answer.");
  expect(cutOffWords(sides, null).text).toBe("What lies there can’t be in its answer.");
});
