import { describe, expect, it } from "vitest";
import { randomStream } from "../numerics/random.ts";
import { grayImage } from "./grayImage.ts";
import type { GrayImage } from "./grayImage.ts";
import { jensenShannonBits } from "./jsd.ts";
import { pearson } from "./pearson.ts";
import { psnr } from "./psnr.ts";
import { mapSsim, ssim } from "./ssim.ts";

function picture(size: number, at: (y: number, x: number) => number): GrayImage {
  const data = Float32Array.from({ length: size * size }, (_, i) =>
    at(Math.floor(i / size), i % size),
  );
  return grayImage(data, size, size);
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

describe("why maps are stretched before they are compared", () => {
  const onFilm = (cy: number, cx: number) =>
    picture(224, (y, x) => Math.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 800));
  const summedTo1 = ({ data, ...size }: GrayImage) => {
    const sum = data.reduce((a, b) => a + b);
    return { ...size, data: data.map((v) => v / sum) };
  };

  it("two disjoint maps that sum to 1 score .9999 with a value range of 2: the test could not fail", () => {
    const [here, there] = [summedTo1(onFilm(60, 60)), summedTo1(onFilm(164, 164))];
    expect(ssim(here, there, { range: 2 })).toBeGreaterThan(0.9999);
    expect(mapSsim(here, there)).toBeLessThan(0.6);
  });

  it("blobs of sd 20 moved by 30 pixels sideways and by 5 both ways: .738 and .957, .319 and .021 bits", () => {
    const [here, far, near] = [onFilm(112, 97), onFilm(112, 127), onFilm(117, 102)];
    expect(ssim(here, far)).toBeCloseTo(0.738, 2);
    expect(ssim(here, near)).toBeCloseTo(0.957, 2);
    // Of two Gaussians it depends on shift over sd alone, 1.5 here: .319 by SciPy's quad.
    expect(jensenShannonBits(here.data, far.data)).toBeCloseTo(0.319, 3);
    expect(jensenShannonBits(here.data, near.data)).toBeCloseTo(0.021, 2);
  });
});

describe("maps on the 16 x 16 grid of tokens (methods 6.3)", () => {
  /** A blob of sd 20 on 224 pixels, as the mean of each patch of 14. */
  const onGrid = (cy: number, cx: number) =>
    picture(16, (y, x) => {
      let sum = 0;
      for (let i = 0; i < 14; i++)
        for (let j = 0; j < 14; j++)
          sum += Math.exp(-((14 * y + i - cy) ** 2 + (14 * x + j - cx) ** 2) / 800);
      return sum / 196;
    });

  it("disjoint blobs, one moved by 30 and by 5 pixels: .172, .263 and .907 with the lab's window", () => {
    // SciPy, 7 taps of sd 1.5, borders left out. The notes' .110, .452 and .943 come out with none of 36 other readings (uniform or
    // Gaussian window, borders in or out, means or points of the patches) at these places, where their Pearson column does.
    expect(mapSsim(onGrid(60, 60), onGrid(164, 164))).toBeCloseTo(0.1723, 3);
    expect(mapSsim(onGrid(112, 97), onGrid(112, 127))).toBeCloseTo(0.2628, 3);
    expect(mapSsim(onGrid(112, 97), onGrid(117, 102))).toBeCloseTo(0.9067, 3);
    expect(jensenShannonBits(onGrid(60, 60).data, onGrid(164, 164).data)).toBeGreaterThan(0.99);
  });

  it("Pearson of disjoint blobs, one moved by 30 and by 5 pixels: -.116, .534 and .967", () => {
    const of = (a: GrayImage, b: GrayImage) => pearson(a.data, b.data);
    expect(of(onGrid(60, 60), onGrid(164, 164))).toBeCloseTo(-0.116, 3);
    expect(of(onGrid(112, 97), onGrid(112, 127))).toBeCloseTo(0.534, 3);
    expect(of(onGrid(112, 97), onGrid(117, 102))).toBeCloseTo(0.967, 3);
    // numpy.corrcoef of two short lists; a list that never moves has none.
    expect(pearson([1, 2, 3, 4], [2, 1, 4, 4])).toBeCloseTo(0.7745966692414834, 12);
    expect(pearson([1, 2, 3], [5, 5, 5])).toBeNaN();
  });

  it("random maps have a mean SSIM of 0 within .02", () => {
    const random = randomStream(6, "maps");
    const map = () => picture(16, () => random.uniform());
    let sum = 0;
    for (let k = 0; k < 400; k++) sum += mapSsim(map(), map());
    // One pair's sd is .08: five standard errors.
    expect(Math.abs(sum / 400)).toBeLessThan(0.02);
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
