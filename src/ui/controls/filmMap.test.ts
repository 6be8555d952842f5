import { expect, it } from "vitest";
import type { Radiograph } from "../../image/radiograph.ts";
import { centeredSquare, squareOf } from "../../image/filmSquare.ts";
import { filmMap, sharesOf } from "./filmMap.ts";

const voi = { kind: "linear_exact", center: 0.5, width: 1 } as const;

/** Bright in the right half; 200 rows of 100 pixels, each `pixelAspect` times as high as wide. */
function film(pixelAspect: number, photometric: Radiograph["photometric"]): Radiograph {
  return {
    rows: 200,
    cols: 100,
    values: Float32Array.from({ length: 200 * 100 }, (_, i) => (i % 100 < 50 ? 0 : 1)),
    bitsStored: 8,
    photometric,
    vois: [],
    pixelAspect,
    notices: [],
    source: "png",
    rawSha256: "0".repeat(64),
  };
}

it("shows the whole film with the centred square of a tall one", () => {
  const map = filmMap(film(1, "MONOCHROME2"), voi, 40);
  expect([map.rows, map.cols]).toEqual([40, 20]);
  const tall = film(1, "MONOCHROME2");
  expect(sharesOf(tall, centeredSquare(tall))).toEqual({
    top: 0.25,
    left: 0,
    height: 0.5,
    width: 1,
  });
  // With black beside it, all of the film is inside.
  expect(sharesOf(tall, squareOf(tall, { kind: "whole" }))).toEqual({
    top: 0,
    left: 0,
    height: 1,
    width: 1,
  });
  expect(map.image[0]).toBe(0);
  expect(map.image[19]).toBe(1);
});

it("has square pixels of its own where the film's are flat: there the whole of it is the square", () => {
  const map = filmMap(film(0.5, "MONOCHROME2"), voi, 40);
  expect([map.rows, map.cols]).toEqual([40, 40]);
  const flat = film(0.5, "MONOCHROME2");
  expect(sharesOf(flat, centeredSquare(flat))).toEqual({ top: 0, left: 0, height: 1, width: 1 });
});

it("turns MONOCHROME1 over and leaves padding black", () => {
  const inverted = filmMap(film(1, "MONOCHROME1"), voi, 40);
  expect([inverted.image[0], inverted.image[19]]).toEqual([1, 0]);
  const padded = filmMap({ ...film(1, "MONOCHROME1"), padding: { low: 0, high: 0 } }, voi, 40);
  expect(padded.image[0]).toBe(0);
});
