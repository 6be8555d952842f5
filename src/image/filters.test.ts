import { array, assert, double, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussianBlur } from "./blur.ts";
import { fft2, fftPlan, inverseFft2 } from "./fft.ts";
import { grayImage } from "./grayImage.ts";
import type { GrayImage } from "./grayImage.ts";
import { resize } from "./resize.ts";

/** A picture that NumPy can make too: ((37 y + 91 x + 13 xy) mod 101) / 100. */
function residues(rows: number, cols: number, product = 13): GrayImage {
  const data = Float32Array.from({ length: rows * cols }, (_, i) => {
    const y = Math.floor(i / cols);
    const x = i % cols;
    return ((y * 37 + x * 91 + y * x * product) % 101) / 100;
  });
  return grayImage(data, rows, cols);
}
const small = residues(20, 28);
const at = (image: { cols: number; data: ArrayLike<number> }, y: number, x: number) =>
  image.data[y * image.cols + x]!;

describe("gaussianBlur", () => {
  // scipy.ndimage.gaussian_filter(mode="reflect", truncate=4)
  it.each([
    [0.7, [0.246308056, 0.657002388, 0.458582457, 0.566617822]],
    [2.3, [0.497441411, 0.50810355, 0.537308372, 0.484664203]],
  ])("agrees with SciPy at sigma %d", (sigma, expected) => {
    const out = gaussianBlur(small, sigma);
    const points = [at(out, 0, 0), at(out, 7, 13), at(out, 19, 27), at(out, 3, 25)];
    points.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
  });

  it("is an exact copy at sigma 0", () => {
    expect(gaussianBlur(small, 0).data).toEqual(small.data);
  });
});

describe("fft2", () => {
  it("agrees with NumPy for sizes that are no powers of two", () => {
    const f = fft2(small);
    const points: [number, number, number, number][] = [
      [0, 0, 288.41000024974346, 0],
      [1, 2, 1.7772506268202153, -3.3646537115351327],
      [13, 9, -3.0136391056981022, 5.296045049754323],
      [19, 27, -3.434983967767807, -7.71095441285691],
    ];
    for (const [y, x, re, im] of points) {
      expect(f.re[y * 28 + x]).toBeCloseTo(re, 9);
      expect(f.im[y * 28 + x]).toBeCloseTo(im, 9);
    }
  });

  it("agrees with NumPy at 224 x 224", () => {
    const f = fft2(residues(224, 224, 0));
    expect(f.re[5 * 224 + 7]).toBeCloseTo(7.009375844974462, 7);
    expect(f.im[111 * 224 + 200]).toBeCloseTo(-0.7360807672363361, 7);
    expect(f.re[223 * 224 + 1]).toBeCloseTo(-3.969324394602269, 7);
  });

  it("is undone by its inverse", () => {
    for (const image of [small, residues(16, 32), residues(1, 7)]) {
      const back = inverseFft2(fft2(image));
      back.data.forEach((value, i) => expect(value).toBeCloseTo(image.data[i]!, 6));
    }
  });

  it("equals the defining sum at every length", () => {
    assert(
      property(
        array(double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }),
        (signal) => {
          const n = signal.length;
          const re = Float64Array.from(signal);
          const im = new Float64Array(n);
          fftPlan(n)(re, im, "forward");
          for (let k = 0; k < n; k++) {
            let sumRe = 0;
            let sumIm = 0;
            signal.forEach((value, j) => {
              sumRe += value * Math.cos((2 * Math.PI * j * k) / n);
              sumIm -= value * Math.sin((2 * Math.PI * j * k) / n);
            });
            expect(re[k]).toBeCloseTo(sumRe, 9);
            expect(im[k]).toBeCloseTo(sumIm, 9);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("resize", () => {
  it("copies exactly at the same size, with either filter", () => {
    expect(resize(small, 20, 28).data).toEqual(small.data);
    expect(resize(small, 20, 28, { filter: "bilinear" }).data).toEqual(small.data);
  });

  it("averages footprints exactly, also at sizes that do not divide", () => {
    // NumPy: every pixel repeated 9 x 11 times, then means of 20 x 28 blocks.
    const out = resize(small, 9, 11);
    expect(at(out, 0, 0)).toBeCloseTo(0.48207143547811676, 6);
    expect(at(out, 4, 6)).toBeCloseTo(0.48389285966487866, 6);
    expect(at(out, 8, 10)).toBeCloseTo(0.48185714092105625, 6);
  });

  it("agrees with torch bilinear interpolation up and down", () => {
    const up = resize(small, 33, 41, { filter: "bilinear" });
    const down = resize(small, 9, 11, { filter: "bilinear" });
    const points = [at(up, 0, 0), at(up, 5, 30), at(up, 32, 40), at(up, 17, 2)];
    [0, 0.6158, 0.32, 0.661].forEach((expected, i) => expect(points[i]).toBeCloseTo(expected, 4));
    const downPoints = [at(down, 0, 0), at(down, 5, 7), at(down, 8, 10)];
    [0.5137, 0.5877, 0.5122].forEach((expected, i) =>
      expect(downPoints[i]).toBeCloseTo(expected, 4),
    );
  });

  it("keeps the mean when it shrinks and stays within the input's range", () => {
    assert(
      property(integer({ min: 1, max: 20 }), integer({ min: 1, max: 28 }), (rows, cols) => {
        const out = resize(small, rows, cols);
        const mean = (data: Float32Array) =>
          data.reduce((sum, value) => sum + value, 0) / data.length;
        expect(mean(out.data)).toBeCloseTo(mean(small.data), 5);
        expect(Math.min(...out.data)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...out.data)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 50 },
    );
  });

  it("reads only the box", () => {
    const image = grayImage(
      Float32Array.from({ length: 16 }, (_, i) => i),
      4,
      4,
    );
    const out = resize(image, 1, 1, { box: { top: 1, left: 1.5, height: 2, width: 1.5 } });
    // Rows 1 and 2; half of column 1 and all of column 2: (0.5*5 + 6 + 0.5*9 + 10) / 3
    expect(out.data[0]).toBeCloseTo((2.5 + 6 + 4.5 + 10) / 3, 6);
  });
});
