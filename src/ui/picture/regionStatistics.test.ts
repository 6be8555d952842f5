import { describe, expect, it } from "vitest";
import type { FilmMeasure } from "../../state/viewStore.ts";
import { measuredOn } from "./measureOnFilm.ts";
import type { MeasuredFilm } from "./measureOnFilm.ts";
import { regionStatistics } from "./regionStatistics.ts";

/** 6 columns, 4 rows: 10 times the row plus the column. */
const FILM = {
  cols: 6,
  rows: 4,
  values: Int32Array.from({ length: 24 }, (_, i) => 10 * Math.floor(i / 6) + (i % 6)),
  pixelAspect: 1,
} satisfies MeasuredFilm;

const at = (x: number, y: number) => ({ x, y });

describe("the values in an area of a film", () => {
  it("are those of the pixels whose middle lies inside, in whichever direction it was drawn", () => {
    // Columns 1 and 2 of rows 1 and 2: 11, 12, 21, 22.
    const expected = { count: 4, leftOut: 0, mean: 16.5, min: 11, max: 22 };
    for (const points of [
      [at(1, 1), at(3, 3)],
      [at(3.4, 0.6), at(0.6, 3.4)],
    ]) {
      const found = regionStatistics("rectangle", points, FILM);
      expect(found).toMatchObject(expected);
      // Squares 30.25, 20.25, 20.25, 30.25 over 3.
      expect(found.deviation).toBeCloseTo(Math.sqrt(101 / 3), 12);
    }
  });

  it("end at the film, and an ellipse leaves its corners out", () => {
    expect(regionStatistics("rectangle", [at(-9, -9), at(99, 99)], FILM).count).toBe(24);
    const side = 200;
    const flat = { cols: side, rows: side, values: new Int32Array(side * side) };
    const { count } = regionStatistics("ellipse", [at(20, 50), at(180, 150)], flat);
    expect(count / (Math.PI * 80 * 50)).toBeCloseTo(1, 3);
    const mirrored = regionStatistics("ellipse", [at(180, 150), at(20, 50)], flat);
    expect(mirrored.count).toBe(count);
  });

  it("leave out what is outside the exposed field, and keep small differences of large values", () => {
    const padded = { ...FILM, padding: { low: 21, high: 22 } };
    const points = [at(1, 1), at(3, 3)];
    expect(regionStatistics("rectangle", points, padded)).toMatchObject({
      count: 2,
      leftOut: 2,
      mean: 11.5,
      max: 12,
    });
    const values = Float32Array.from([16_000_000, 16_000_002]);
    const large = regionStatistics("rectangle", [at(0, 0), at(2, 1)], { cols: 2, rows: 1, values });
    expect(large.deviation).toBeCloseTo(Math.SQRT2, 6);
  });
});

describe("what is told of an area", () => {
  const item: FilmMeasure = { tool: "rectangle", points: [at(1, 1), at(3, 3)] };

  it("names its units, and its area where the file has a spacing", () => {
    const film: MeasuredFilm = {
      ...FILM,
      rescale: { slope: -2, intercept: 100 },
      pixelSpacingMm: { row: 0.5, col: 0.2, plane: "detector", magnification: 2 },
    };
    const { text, meaning } = measuredOn(item, film)!;
    expect(text).toBe("mean 16.5, SD 5.802");
    expect(meaning).toBe(
      "min 11, max 22, n = 4 pixels, area 0.4 mm² at the detector, about 0.1 mm² in the patient; values after the file’s rescale; as stored: mean 41.75, SD 2.901",
    );
    const plain = measuredOn(item, { ...FILM, rescale: { slope: 1, intercept: 0 } })!;
    expect(plain.meaning).toContain(
      "area 4 px (the file has no pixel spacing); values as they are stored",
    );
    expect(measuredOn(item, FILM)!.meaning).toMatch(/values as the probe tells them$/);
  });

  it("says that there is nothing in it, and how much was left out", () => {
    const outside: FilmMeasure = { tool: "ellipse", points: [at(-9, 0), at(-1, 4)] };
    expect(measuredOn(outside, FILM)).toEqual({ text: "no pixel", meaning: "inside the ellipse" });
    const padded = { ...FILM, padding: { low: 0, high: 99 } };
    expect(measuredOn(item, padded)!.meaning).toBe(
      "inside the rectangle; 4 pixels outside the exposed field are left out",
    );
  });
});
