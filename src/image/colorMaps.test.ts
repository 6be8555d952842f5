import { describe, expect, it } from "vitest";
import { colorMap, signedIndex } from "./colorMaps.ts";

type Rgb = readonly [number, number, number];

function linearRgb(map: Uint8Array, entry: number): Rgb {
  const part = (k: number) => {
    const encoded = map[3 * entry + k]! / 255;
    return encoded <= 0.04045 ? encoded / 12.92 : ((encoded + 0.055) / 1.055) ** 2.4;
  };
  return [part(0), part(1), part(2)];
}

/** CIE L* of a linear sRGB colour: an independent measure of lightness (the maps are built in OKLab). */
function cieLightness([r, g, b]: Rgb): number {
  const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return y > 216 / 24389 ? 116 * Math.cbrt(y) - 16 : (y * 24389) / 27;
}

/** Machado, Oliveira and Fernandes 2009, severity 1, on linear sRGB. */
const DEFICIENCIES: Readonly<Record<string, readonly Rgb[]>> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

describe("colourMap", () => {
  it.each(["grey", "lagoon", "ember"] as const)(
    "%s grows lighter with every step, evenly",
    (name) => {
      const map = colorMap(name);
      const lightness = Array.from({ length: 256 }, (_, i) => cieLightness(linearRgb(map, i)));
      for (let i = 8; i < 256; i++) expect(lightness[i]).toBeGreaterThan(lightness[i - 8]!);
      // No quarter of the map has less than 15 % of its lightness span: nothing hides in a flat stretch.
      const span = lightness[255]! - lightness[0]!;
      for (let quarter = 0; quarter < 4; quarter++) {
        const rise = lightness[Math.min(255, 64 * (quarter + 1))]! - lightness[64 * quarter]!;
        expect(rise / span).toBeGreaterThan(0.15);
      }
    },
  );

  it("signed is dark at zero, equally light at both ends and tells sign to colour-blind readers", () => {
    const map = colorMap("signed");
    const lightness = (entry: number) => cieLightness(linearRgb(map, entry));
    expect(Math.max(lightness(127), lightness(128))).toBeLessThan(12);
    expect(Math.abs(lightness(0) - lightness(255))).toBeLessThan(5);
    for (const matrix of Object.values(DEFICIENCIES)) {
      const seen = (entry: number) =>
        matrix.map((row) => {
          const rgb = linearRgb(map, entry);
          return row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2];
        });
      for (const distance of [32, 64, 127]) {
        const [low, high] = [seen(127 - distance), seen(128 + distance)];
        // Blue exceeds red on the negative side and the reverse on the positive side.
        expect(low[2]! - low[0]!).toBeGreaterThan(0.01);
        expect(high[0]! - high[2]!).toBeGreaterThan(0.01);
      }
    }
  });
});

describe("signedIndex", () => {
  it("maps -limit, 0 and limit to the ends and the middle", () => {
    expect([-2, -1, 0, 0.5, 1, 9].map((value) => signedIndex(value, 1))).toEqual([
      0, 0, 128, 191, 255, 255,
    ]);
    expect(signedIndex(3, 0)).toBe(128);
  });
});
