import { describe, expect, it } from "vitest";
import { greyImage } from "./greyImage.ts";
import type { GreyImage } from "./greyImage.ts";
import { jensenShannonBits } from "./jsd.ts";
import { psnr } from "./psnr.ts";
import { mapSsim, ssim } from "./ssim.ts";

function picture(size: number, at: (y: number, x: number) => number): GreyImage {
  const data = Float32Array.from({ length: size * size }, (_, i) =>
    at(Math.floor(i / size), i % size),
  );
  return greyImage(data, size, size);
}

const checker = (y: number, x: number) => ((y >> 3) + (x >> 3)) & 1;
const ramp = (_: number, x: number) => x / 63;
const blob = (cy: number, cx: number) => (y: number, x: number) =>
  Math.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 8);

describe("ssim", () => {
  // The six values of the project's method notes for 64 x 64 pixels, recomputed with SciPy in double precision.
  it.each([
    ["constants .4 and .6", () => 0.4, () => 0.6, 0.923092],
    ["a checker and its inverse", checker, (y: number, x: number) => 1 - checker(y, x), -0.579448],
    [
      "a checker of less contrast",
      checker,
      (y: number, x: number) => 0.9 * checker(y, x) + 0.05,
      0.969211,
    ],
    ["a ramp made brighter", ramp, (y: number, x: number) => ramp(y, x) + 0.1, 0.960479],
    ["a ramp made flatter", ramp, (y: number, x: number) => 0.75 * ramp(y, x), 0.941018],
    ["a ramp turned round", ramp, (y: number, x: number) => 1 - ramp(y, x), -0.074194],
  ] as const)("scores %s", (_, a, b, expected) => {
    expect(ssim(picture(64, a), picture(64, b))).toBeCloseTo(expected, 5);
  });

  it("is 1 for equal images and symmetric", () => {
    const a = picture(32, checker);
    const b = picture(32, ramp);
    expect(ssim(a, a)).toBe(1);
    expect(ssim(a, b)).toBeCloseTo(ssim(b, a), 12);
  });

  it("refuses images of different size and images smaller than the window", () => {
    expect(() => ssim(picture(16, ramp), picture(17, ramp))).toThrow(/compared/);
    expect(() => ssim(picture(8, ramp), picture(8, ramp))).toThrow(/11-tap/);
  });
});

describe("mapSsim", () => {
  it("tells disjoint maps from similar ones, whatever their scale", () => {
    const here = picture(16, blob(4, 4));
    const there = picture(16, blob(11, 11));
    const sharper = picture(16, (y, x) => 0.01 * blob(4, 4)(y, x) ** 1.3);
    // SciPy, 7-tap window of sigma 1.5 on the stretched maps.
    expect(mapSsim(here, there)).toBeCloseTo(0.0231155, 5);
    expect(mapSsim(here, sharper)).toBeCloseTo(0.9016136, 5);
  });
});

describe("jensenShannonBits", () => {
  it("is 0 for equal, 1 for disjoint maps and ignores scale", () => {
    expect(jensenShannonBits([1, 2, 3], [2, 4, 6])).toBeCloseTo(0, 12);
    expect(jensenShannonBits([1, 0, 0], [0, 5, 5])).toBeCloseTo(1, 12);
  });

  it("agrees with scipy.spatial.distance.jensenshannon squared", () => {
    expect(jensenShannonBits([1, 2, 3, 4], [4, 0, 1, 5])).toBeCloseTo(0.21127812445913285, 12);
  });
});

describe("psnr", () => {
  it("is 20 dB for an error of a tenth of the range, infinite for none", () => {
    const a = picture(8, () => 0.5);
    expect(
      psnr(
        a,
        picture(8, () => 0.4),
      ),
    ).toBeCloseTo(20, 4);
    expect(psnr(a, a)).toBe(Infinity);
  });
});
