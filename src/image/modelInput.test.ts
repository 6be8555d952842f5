import { describe, expect, it } from "vitest";
import { toModelInput } from "./modelInput.ts";
import type { Radiograph, Voi } from "./radiograph.ts";

const voi: Voi = { kind: "linear_exact", center: 127.5, width: 255 };

function radiograph(rows: number, cols: number, at: (y: number, x: number) => number): Radiograph {
  return {
    rows,
    cols,
    values: Int32Array.from({ length: rows * cols }, (_, i) => at(Math.floor(i / cols), i % cols)),
    bitsStored: 8,
    photometric: "MONOCHROME2",
    vois: [],
    pixelAspect: 1,
    notices: [],
    source: "png",
    rawSha256: "0".repeat(64),
  };
}

describe("toModelInput", () => {
  it("is the identity for an 8-bit square of the model's size", () => {
    const picture = radiograph(16, 16, (y, x) => 16 * y + x);
    const input = toModelInput(picture, { voi, size: 16 });
    expect(input.data).toEqual(Float32Array.from(picture.values, (value) => value / 255));
    expect(input.statement).toBe("W 255 C 127.5; whole image; 16 x 16");
  });

  it("lies on the 8-bit lattice after resampling", () => {
    const input = toModelInput(
      radiograph(37, 50, (y, x) => (y * 31 + x * 17) % 256),
      { voi, size: 16 },
    );
    for (const value of input.data) expect(Math.fround(Math.round(value * 255) / 255)).toBe(value);
  });

  it("cuts the centred square by default and says so", () => {
    // Left and right thirds are white: a model that sees only the centre square sees black.
    const picture = radiograph(20, 40, (_, x) => (x < 10 || x >= 30 ? 255 : 0));
    const cropped = toModelInput(picture, { voi, size: 10 });
    expect(Math.max(...cropped.data)).toBe(0);
    expect(cropped.crop).toEqual({ top: 0, left: 10, height: 20, width: 20 });
    expect(cropped.statement).toContain("centre square (50% of the image)");
    const stretched = toModelInput(picture, { voi, size: 10, fit: "stretch" });
    expect(stretched.data[0]).toBe(1);
    expect(stretched.crop).toEqual({ top: 0, left: 0, height: 20, width: 40 });
  });

  it("takes a square that the reader placed, and says what it cuts off on each side", () => {
    const picture = radiograph(20, 40, (y, x) => (y >= 4 && y < 14 && x >= 25 && x < 35 ? 255 : 0));
    const square = { kind: "placed", left: 25, top: 4, side: 10 } as const;
    const input = toModelInput(picture, { voi, size: 10, square });
    expect(input.data.every((value) => value === 1)).toBe(true);
    expect(input.statement).toBe(
      "W 255 C 127.5; a square of the reader’s (13% of the image), cut off: 63% at the left, 13% at the right, 20% at the top and 30% at the bottom; 10 x 10",
    );
    // A model that takes films stretched is given the square, too.
    expect(toModelInput(picture, { voi, size: 10, fit: "stretch", square }).data).toEqual(
      input.data,
    );
  });

  it("fills a whole film up with black: as the film set into a black square", () => {
    const at = (y: number, x: number) => (y * 31 + x * 17) % 256;
    for (const [rows, cols] of [
      [20, 50],
      [50, 20],
    ] as const) {
      const [above, before] = [(50 - rows) / 2, (50 - cols) / 2];
      const framed = radiograph(50, 50, (y, x) => {
        const isIn = y >= above && y < above + rows && x >= before && x < before + cols;
        return isIn ? at(y - above, x - before) : 0;
      });
      const whole = toModelInput(radiograph(rows, cols, at), {
        voi,
        size: 17,
        square: { kind: "whole" },
      });
      expect(whole.data).toEqual(toModelInput(framed, { voi, size: 17 }).data);
      expect(whole.statement).toContain(
        `whole image with black ${rows < cols ? "above and below" : "left and right"} of it`,
      );
    }
  });

  it("honours pixels twice as high as wide", () => {
    // 20 rows of height 2 and 40 columns are square on the detector: nothing is cut, a circle stays a circle.
    const picture = {
      ...radiograph(20, 40, (y, x) =>
        (2 * y + 1 - 20) ** 2 + (x + 0.5 - 20) ** 2 < 100 ? 255 : 0,
      ),
      pixelAspect: 2,
    };
    const { crop, data } = toModelInput(picture, { voi, size: 40 });
    expect(crop).toEqual({ top: 0, left: 0, height: 20, width: 40 });
    const across = data.slice(20 * 40, 21 * 40).reduce((sum, value) => sum + value, 0);
    let down = 0;
    for (let y = 0; y < 40; y++) down += data[y * 40 + 20]!;
    expect(Math.abs(across - down)).toBeLessThanOrEqual(2);
    // 40 x 40 of such pixels are twice as high as wide: half of the rows are cut.
    const tall = { ...radiograph(40, 40, () => 0), pixelAspect: 2 };
    expect(toModelInput(tall, { voi, size: 8 }).crop).toEqual({
      top: 10,
      left: 0,
      height: 20,
      width: 40,
    });
  });

  it("shows dense bright whichever way the file stores it", () => {
    const picture = radiograph(8, 8, (y, x) => 30 * y + x);
    const inverted: Radiograph = {
      ...picture,
      values: picture.values.map((value) => 255 - value) as Int32Array,
      photometric: "MONOCHROME1",
    };
    expect(toModelInput(inverted, { voi, size: 8 }).data).toEqual(
      toModelInput(picture, { voi, size: 8 }).data,
    );
  });

  it("blackens padding, whatever its value and photometric interpretation", () => {
    for (const photometric of ["MONOCHROME1", "MONOCHROME2"] as const) {
      const picture: Radiograph = {
        ...radiograph(4, 4, (y) => (y === 0 ? (photometric === "MONOCHROME1" ? 0 : 250) : 128)),
        photometric,
        padding: photometric === "MONOCHROME1" ? { low: 0, high: 0 } : { low: 250, high: 255 },
      };
      const { data } = toModelInput(picture, { voi, size: 4 });
      expect(data.slice(0, 4)).toEqual(new Float32Array(4));
      expect(data[4]).toBeGreaterThan(0.4);
    }
  });
});
