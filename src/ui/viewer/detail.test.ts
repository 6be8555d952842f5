import { describe, expect, it } from "vitest";
import type { Radiograph } from "../../image/radiograph.ts";
import { detailOf, fileWindow } from "./detail.ts";
import { detailPixels } from "./drawRadiograph.ts";

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
};
const voi = { kind: "linear_exact", center: 48, width: 20 } as const;

describe("full resolution", () => {
  it("shows the square the model saw, pixel by pixel, with what its window clipped", () => {
    const { size, image } = detailOf(radiograph, voi, 1024);
    expect(size).toBe(64);
    // The centred square of 64 columns starts at column 16.
    expect(image[0]).toBeCloseTo((16 - 48) / 20 + 0.5, 5);
    expect(image[63]).toBeCloseTo((79 - 48) / 20 + 0.5, 5);
  });

  it("is drawn through the display window as if that were a window on the file", () => {
    const display = { center: 180, width: 510 };
    const inFile = fileWindow(display, voi)!;
    const { image } = detailOf(radiograph, voi, 1024);
    const pixels = detailPixels(image, display, false);
    for (const col of [0, 20, 40, 63]) {
      const unit = (col + 16 - inFile.center) / inFile.width + 0.5;
      const expected = 255 * Math.max(0, Math.min(1, unit));
      expect(Math.abs(pixels[4 * col]! - expected)).toBeLessThanOrEqual(0.51);
    }
  });
});
