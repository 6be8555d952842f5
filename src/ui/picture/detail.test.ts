import { describe, expect, it } from "vitest";
import {
  AS_GIVEN,
  IDENTITY_WINDOW,
  displayWindow,
  fileWindow,
  grayPixels,
  grayScale,
  statedWindow,
} from "../../image/display.ts";
import type { Radiograph, Voi } from "../../image/radiograph.ts";
import { fullRangeWindow, renderUnit } from "../../image/voi.ts";
import { cutOut, detailOf, previewOf } from "./detail.ts";
import { centeredSquare } from "../../image/filmSquare.ts";
import { distributionOnce } from "./distributionOnce.ts";
import { nativePart } from "./nativePart.ts";
import { filmPresets } from "./windowDrag.ts";

/** 64 rows of a ramp from 0 to 95. */
const radiograph: Radiograph = {
  rows: 64,
  cols: 96,
  values: Int32Array.from({ length: 64 * 96 }, (_, i) => i % 96),
  bitsStored: 8,
  photometric: "MONOCHROME2",
  vois: [],
  pixelAspect: 1,
  notices: [],
  source: "png",
  rawSha256: "0".repeat(64),
};
const negative: Radiograph = { ...radiograph, photometric: "MONOCHROME1" };
const narrow = { kind: "linear_exact", center: 48, width: 20 } as const;
const VOIS: readonly Voi[] = [
  narrow,
  { kind: "linear", center: 48, width: 20 },
  { kind: "sigmoid", center: 48, width: 20 },
  { kind: "table", firstValue: 40, bits: 8, entries: Uint16Array.of(0, 9, 60, 200, 255) },
];

const scaleOf = (voi: Voi, film = radiograph) =>
  grayScale(voi, film.photometric, () => fullRangeWindow(distributionOnce(film)));

describe("a film at its own resolution", () => {
  it("is the square the model saw, each pixel with the value that the file holds", () => {
    const { size, image } = detailOf(radiograph, centeredSquare(radiograph), 4096);
    expect(size).toBe(64);
    // The centred square of 64 columns starts at column 16.
    expect([...image.subarray(0, 64)]).toEqual(Array.from({ length: 64 }, (_, i) => 16 + i));
  });

  it("keeps whole pixels where the square starts between two", () => {
    const odd = { ...radiograph, cols: 95, values: radiograph.values.filter((v) => v < 95) };
    expect(detailOf(odd, centeredSquare(odd), 4096).image.every(Number.isInteger)).toBe(true);
  });

  it("is larger than any preview of it", () => {
    const native = detailOf(radiograph, centeredSquare(radiograph), 4096);
    expect(previewOf(native, 32)).toMatchObject({ size: 32 });
    expect(previewOf(native, 64)).toBe(native);
    expect(detailOf(radiograph, centeredSquare(radiograph), 50).size).toBe(50);
  });

  it("follows the part that the model is given, and is darkest beyond the film", () => {
    const square = { left: 80, top: 8, width: 32, height: 32 };
    for (const film of [radiograph, negative]) {
      const { size, image } = detailOf(film, square, 4096);
      const dark = film === negative ? 95 : 0;
      expect(size).toBe(32);
      expect([...image.subarray(0, 32)]).toEqual(
        Array.from({ length: 32 }, (_, i) => (i < 16 ? 80 + i : dark)),
      );
    }
  });

  it("shows padding darkest, in both photometric interpretations", () => {
    for (const film of [radiograph, negative]) {
      const padded = { ...film, padding: { low: 40, high: 40 } };
      const { image } = detailOf(padded, centeredSquare(padded), 4096);
      const scale = scaleOf({ kind: "linear_exact", center: 48, width: 95 }, padded);
      const pixels = grayPixels(image.subarray(0, 64), scale, AS_GIVEN);
      expect(pixels[4 * (40 - 16)]).toBeLessThan(4);
    }
  });

  it.each(VOIS)("untouched, is what the model's window makes of it: $kind", (voi) => {
    for (const film of [radiograph, negative]) {
      const { image } = detailOf(film, centeredSquare(film), 4096);
      const pixels = grayPixels(image.subarray(0, 64), scaleOf(voi, film), AS_GIVEN);
      const expected = renderUnit(film, voi).subarray(16, 80);
      expected.forEach((unit, i) =>
        expect(Math.abs(pixels[4 * i]! - 255 * unit)).toBeLessThanOrEqual(0.51),
      );
    }
  });

  it("brings back what the model's window clipped, whatever its curve", () => {
    for (const film of [radiograph, negative]) {
      const { image } = detailOf(film, centeredSquare(film), 4096);
      for (const voi of VOIS) {
        const scale = scaleOf(voi, film);
        const window = displayWindow({ center: 47.5, width: 95 }, scale);
        const shown = grayPixels(image.subarray(0, 64), scale, { window, invert: false });
        const levels = new Set(Array.from({ length: 64 }, (_, i) => shown[4 * i]));
        expect(levels.size).toBe(64);
        const first = film === negative ? 255 - (255 * 16) / 95 : (255 * 16) / 95;
        expect(Math.abs(shown[0]! - first)).toBeLessThanOrEqual(0.51);
      }
    }
  });

  it("converts windows both ways", () => {
    for (const film of [radiograph, negative]) {
      for (const voi of VOIS) {
        const scale = scaleOf(voi, film);
        const there = fileWindow({ center: 180, width: 510 }, scale);
        const back = displayWindow(there, scale);
        expect(back.center).toBeCloseTo(180, 9);
        expect(back.width).toBeCloseTo(510, 9);
      }
    }
    expect(fileWindow(IDENTITY_WINDOW, scaleOf(narrow))).toEqual({ center: 48, width: 20 });
    expect(statedWindow(IDENTITY_WINDOW, scaleOf(VOIS[1]!))).toEqual({ center: 48, width: 20 });
  });

  it("offers the file's own windows and ones placed by its values, not by what the model was left", () => {
    const film = {
      ...radiograph,
      vois: [narrow, { kind: "linear_exact", center: 30, width: 60, explanation: "LUNG" }] as const,
    };
    const scale = scaleOf(narrow, film);
    const presets = filmPresets(film, scale);
    expect(presets.map(({ key }) => key)).toEqual(["1", "2", "3", "4", "5", "file 0", "file 1"]);
    expect(presets.at(-1)).toMatchObject({ name: "LUNG, W 60 C 30" });
    expect(fileWindow(presets.at(-1)!.window, scale)).toEqual({ center: 30, width: 60 });
    const windows = new Set(presets.slice(1, 5).map(({ window }) => JSON.stringify(window)));
    expect(windows.size).toBeGreaterThan(2);
  });
});

describe("the part drawn pixel by pixel", () => {
  const viewer = { width: 400, height: 400 };
  const sizes = { native: 3000, preview: 1024, ratio: 1 };
  const at = (zoom: number) => ({ zoom, x: 0.5, y: 0.5 });

  it("is none while the preview is as sharp as the screen, then what is visible", () => {
    expect(nativePart(at(1), viewer, sizes)).toBeNull();
    expect(nativePart(at(2.5), viewer, sizes)).toBeNull();
    expect(nativePart(at(4), viewer, sizes)).toEqual({
      left: 1125,
      top: 1125,
      width: 750,
      height: 750,
    });
    expect(nativePart(at(4), viewer, { ...sizes, native: 1000 })).toBeNull();
  });

  it("ends at the film's edge and holds the film's own values", () => {
    const box = nativePart({ zoom: 10, x: 0, y: 0 }, viewer, sizes)!;
    expect(box).toMatchObject({ left: 0, top: 0, width: 150, height: 150 });
    const native = detailOf(radiograph, centeredSquare(radiograph), 4096);
    const part = cutOut(native, { left: 3, top: 2, width: 4, height: 2 });
    expect([...part]).toEqual([19, 20, 21, 22, 19, 20, 21, 22]);
  });
});
