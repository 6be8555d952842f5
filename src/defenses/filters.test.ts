/** The filters against other libraries' (models/golden/filters.py), and their gradients against central differences. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { randomStream } from "../numerics/random.ts";
import { withDefaults } from "../system/param.ts";
import type { Params } from "../system/param.ts";
import type { FilterDefense, PictureFilter } from "./filterDefense.ts";
import { bilateralFilter } from "./filters/bilateral.ts";
import { bandStop, lowPass } from "./filters/frequency.ts";
import { gaussianFilter } from "./filters/gaussian.ts";
import { medianFilter } from "./filters/median.ts";
import { resample } from "./filters/resample.ts";
import { bitDepth, jpegFilter } from "./filters/rounding.ts";
import { totalVariation } from "./filters/totalVariation.ts";
import { wavelet } from "./filters/wavelet.ts";

type FilterId =
  | "gaussianFilter"
  | "medianFilter"
  | "bilateralFilter"
  | "totalVariation"
  | "bitDepth"
  | "jpegFilter"
  | "resample"
  | "lowPass"
  | "bandStop"
  | "wavelet";

const FILTERS: Readonly<Record<FilterId, FilterDefense>> = {
  gaussianFilter,
  medianFilter,
  bilateralFilter,
  totalVariation,
  bitDepth,
  jpegFilter,
  resample,
  lowPass,
  bandStop,
  wavelet,
};

const GOLDEN = JSON.parse(
  readFileSync(new URL("../../models/golden/filters/filters.json", import.meta.url), "utf8"),
) as { size: number; picture: string; outputs: Record<string, string> };

function unpacked(text: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, "base64"));
  return new Float32Array(bytes.buffer);
}

const PICTURE = unpacked(GOLDEN.picture);

function filterOf(id: FilterId, params: Params): PictureFilter {
  return FILTERS[id].filter(GOLDEN.size, withDefaults(FILTERS[id].params, params));
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

test.each([
  ["medianFilter", { radius: 2 }, 0],
  ["bilateralFilter", { range: 20, width: 1.5 }, 2e-6],
  ["totalVariation", { weight: 0.1, steps: 20 }, 1e-6],
  ["bitDepth", { removed: 4 }, 1e-6],
  // Pillow's transforms are in whole numbers: two grey levels.
  ["jpegFilter", { loss: 25 }, 2.01 / 255],
  ["resample", { lost: 0.5 }, 1e-6],
  ["lowPass", { amount: 1, cutoff: 0.2 }, 1e-6],
  ["bandStop", { amount: 0.8, centre: 0.25, width: 0.02 }, 1e-6],
  ["wavelet", { threshold: 20, levels: 3 }, 1e-6],
] as const)("%s does what another library does", (id, params, tolerance) => {
  const made = filterOf(id, params)(PICTURE).image;
  expect(largestDifference(made, unpacked(GOLDEN.outputs[id]!))).toBeLessThanOrEqual(tolerance);
  // The golden is no copy of the picture: a filter that does nothing fails.
  expect(largestDifference(made, PICTURE)).toBeGreaterThan(0.02);
});

describe("gradients", () => {
  const exact = (Object.keys(FILTERS) as FilterId[]).filter(
    (id) => FILTERS[id].gradient === "exact",
  );
  test("every filter but those that choose or round has its own", () => {
    expect(Object.keys(FILTERS).filter((id) => !exact.includes(id as FilterId))).toEqual([
      "medianFilter",
      "bitDepth",
      "jpegFilter",
    ]);
  });

  // Where no two pixels are equal, the median has a derivative too.
  test.each([...exact, "medianFilter" as const])(
    "%s: the pullback is the slope along random directions",
    (id) => {
      const filter = filterOf(id, {});
      const random = randomStream(3, id);
      const cotangent = PICTURE.map(() => random.normal());
      const picture = PICTURE.map((value, i) => 0.9 * value + 1e-4 * Math.sin(i * i));
      const { pullback } = filter(picture);
      const gradient = pullback(cotangent);
      const along = (x: Float32Array): number =>
        filter(x).image.reduce((sum, value, i) => sum + value * cotangent[i]!, 0);
      for (let trial = 0; trial < 3; trial++) {
        const direction = PICTURE.map(() => random.normal());
        const step = 5e-5;
        const moved = (sign: number) =>
          picture.map((value, i) => value + sign * step * direction[i]!);
        const slope = (along(moved(1)) - along(moved(-1))) / (2 * step);
        const promised = gradient.reduce((sum, value, i) => sum + value * direction[i]!, 0);
        const size = Math.hypot(...gradient);
        expect(Math.abs(slope - promised) / size).toBeLessThan(id === "medianFilter" ? 0.06 : 0.03);
      }
    },
  );

  test("rounding to fewer grey levels says that its way back is approximated, and stands back as the identity", () => {
    expect(bitDepth.gradient).toBe("bpda");
    const cotangent = PICTURE.map((_, i) => i);
    expect(filterOf("bitDepth", {})(PICTURE).pullback(cotangent)).toEqual(cotangent);
  });

  test("JPEG says so too: its rounding has the slope of a cubic, three sixteenths a quarter of a step from a whole number", () => {
    expect(jpegFilter.gradient).toBe("bpda");
    // Quality 75 rounds a block's mean to whole grey levels; all else of an even picture is 0, and flat there.
    const even = PICTURE.map(() => 128.25 / 255);
    const { pullback } = filterOf("jpegFilter", { loss: 25 })(even);
    for (const slope of pullback(PICTURE.map(() => 1))) expect(slope).toBeCloseTo(3 / 16, 4);
    const wave = PICTURE.map((_, i) => (i % 2 === 0 ? 1 : -1));
    for (const slope of pullback(wave)) expect(slope).toBeCloseTo(0, 5);
  });
});

test.each(Object.keys(FILTERS) as FilterId[])(
  "%s neither writes to the picture nor depends on calls before",
  (id) => {
    const before = PICTURE.slice();
    const filter = filterOf(id, {});
    const first = filter(PICTURE).image.slice();
    filter(PICTURE.map((v) => 1 - v));
    expect(filter(PICTURE).image).toEqual(first);
    expect(PICTURE).toEqual(before);
  },
);

test("a picture that can't be halved so often is refused with a way out", () => {
  expect(() => wavelet.filter(36, { threshold: 5, levels: 3 })).toThrow(/3 scales.*36 pixels/);
});
