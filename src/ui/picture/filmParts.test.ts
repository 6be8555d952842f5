import { describe, expect, it } from "vitest";
import { AS_GIVEN, UNIT_SCALE, toneOf } from "../../image/display.ts";
import { histogramOf } from "./histogram.ts";
import { lensPixels } from "./lens.ts";

describe("the histogram of a film", () => {
  it("counts each value once, by hand", () => {
    const { low, high, shares } = histogramOf([0, 1, 1, 2, 4, 4, 4, 4, 99], 4, (v) => v !== 99);
    expect([low, high]).toEqual([0, 4]);
    expect([...shares]).toEqual([1 / 8, 2 / 8, 1 / 8, 4 / 8]);
  });

  it("of one value, or of none at all, is no division by zero", () => {
    expect([...histogramOf([7, 7], 2, () => true).shares]).toEqual([1, 0]);
    expect([...histogramOf([7], 2, () => false).shares]).toEqual([0, 0]);
  });
});

describe("the magnifier of a film", () => {
  const values = Float32Array.from({ length: 16 }, (_, i) => i / 15);
  const film = { cols: 4, rows: 4, values };
  const tone = toneOf(UNIT_SCALE, AS_GIVEN);

  it("shows the film's own pixels: twice as large, the middle of the lens on film pixel (2, 1)", () => {
    const toFilm = { a: 0.5, b: 0, c: 0, d: 0.5, e: 2.5, f: 1.5 };
    const out = lensPixels(film, toFilm, 4, tone);
    const gray = (col: number, row: number) => out[4 * (4 * row + col)];
    expect(gray(1, 1)).toBe(Math.round((255 * (4 * 1 + 2)) / 15));
    // One lens pixel to the right and down is half a film pixel.
    expect(gray(2, 2)).toBe(Math.round((255 * (4 * 1 + 2)) / 15));
    expect(gray(3, 2)).toBe(Math.round((255 * (4 * 1 + 3)) / 15));
  });

  it("is a circle, and black beside the film", () => {
    const out = lensPixels(film, { a: 1, b: 0, c: 0, d: 1, e: -50, f: 0 }, 10, tone);
    expect(out[3]).toBe(0);
    expect(out.slice(4 * 55, 4 * 55 + 4)).toEqual(Uint8ClampedArray.of(0, 0, 0, 255));
  });
});
