import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fft2 } from "../image/fft.ts";
import { ssim } from "../image/ssim.ts";
import { mean } from "../numerics/sums.ts";
import { randomStream } from "../numerics/random.ts";
import { contrast } from "./contrast.ts";
import { gamma } from "./gamma.ts";
import { gaussianNoise } from "./gaussianNoise.ts";
import { gridFrequency, gridLines } from "./gridLines.ts";
import { jpeg, jpegQuality } from "./jpeg.ts";
import { motionBlur } from "./motionBlur.ts";
import { paintedPatch, rasterizeStrokes } from "./paintedPatch.ts";
import { dosePhotons, quantumNoise } from "./quantumNoise.ts";
import { PERTURBATIONS } from "./registry.ts";
import type { PerturbationId } from "./registry.ts";
import { rotation } from "./rotation.ts";
import { scatter } from "./scatter.ts";

const size = { width: 32, height: 24 };
/** A smooth body with lungs, so that every law has something to act on. */
const image = Float32Array.from({ length: size.width * size.height }, (_, i) => {
  const x = (i % size.width) / size.width - 0.5;
  const y = Math.floor(i / size.width) / size.height - 0.5;
  return 0.75 * Math.exp(-6 * (x * x + y * y)) + 0.2 * Math.sin(20 * x) ** 2;
});
const flat = (value: number, { width, height } = size) =>
  new Float32Array(width * height).fill(value);
const deviation = (x: Float32Array, middle: number) =>
  Math.sqrt(x.reduce((sum, v) => sum + (v - middle) ** 2, 0) / x.length);
const strokes = [{ points: [[0.5, 0.5]] as const, radius: 0.2, intensity: 1 }];
const ids = Object.keys(PERTURBATIONS) as PerturbationId[];

describe.each(ids)("%s", (id) => {
  const member = PERTURBATIONS[id];

  test("is registered under its own id with a strength that includes 0 and a default inside its range", () => {
    expect(member.id).toBe(id);
    const strength = member.params[member.strength]!;
    expect(strength.min <= 0 && strength.max > 0).toBe(true);
    for (const meta of Object.values(member.params)) {
      expect(meta.default).toBeGreaterThanOrEqual(meta.min);
      expect(meta.default).toBeLessThanOrEqual(meta.max);
    }
  });

  test("strength 0 is an exact copy", () => {
    const before = image.slice();
    const out = member.apply(image, size, { strokes, [member.strength]: 0 }, 5);
    expect(out).toEqual(image);
    expect(out).not.toBe(image);
    expect(image).toEqual(before);
  });

  test("any strength keeps the range, the input and the seed's result, and changes the image", () => {
    const { min, max } = member.params[member.strength]!;
    fc.assert(
      fc.property(fc.double({ min, max, noNaN: true }), fc.nat(), (strength, seed) => {
        fc.pre(Math.abs(strength) > 0.02 * max);
        const before = image.slice();
        const params = { strokes, [member.strength]: strength };
        const out = member.apply(image, size, params, seed);
        expect(out.every((v) => v >= 0 && v <= 1)).toBe(true);
        expect(image).toEqual(before);
        expect(member.apply(image, size, params, seed)).toEqual(out);
        expect(out).not.toEqual(image);
      }),
      { numRuns: 15 },
    );
  });

  test("more strength is further away", () => {
    const { max } = member.params[member.strength]!;
    const similarity = (share: number) => {
      const out = member.apply(image, size, { strokes, [member.strength]: share * max }, 3);
      const gray = (data: Float32Array) => ({ rows: size.height, cols: size.width, data });
      return ssim(gray(image), gray(out));
    };
    expect(similarity(0.1)).toBeGreaterThan(similarity(0.9));
  });

  test("a strength outside its range, or no number, is refused with its name", () => {
    const { max, label } = member.params[member.strength]!;
    expect(() => member.apply(image, size, { [member.strength]: max + 1 }, 1)).toThrow(label);
    expect(() => member.apply(image, size, { [member.strength]: NaN }, 1)).toThrow("NaN");
  });
});

describe("noise laws", () => {
  test("Gaussian noise has the stated deviation and another field for another seed", () => {
    const gray = flat(0.5, { width: 200, height: 200 });
    const big = { width: 200, height: 200 };
    const noisy = gaussianNoise.apply(gray, big, { sigma: 0.05 }, 1);
    expect(deviation(noisy, 0.5)).toBeCloseTo(0.05, 3);
    expect(gaussianNoise.apply(gray, big, { sigma: 0.05 }, 2)).not.toEqual(noisy);
  });

  test("the severities are the table's photons and go to silence continuously", () => {
    expect([1, 2, 3, 4, 5].map(dosePhotons).map(Math.round)).toEqual([8000, 3000, 1200, 500, 200]);
    expect(dosePhotons(0.999)).toBeCloseTo(8016, 0);
    expect(dosePhotons(2.5)).toBeCloseTo(Math.sqrt(3000 * 1200), 6);
  });

  // q0 = 2000: 1 / (kappa sqrt(q)) is .00834, .01520 and .03382; the Monte Carlo value at .9 is .0343.
  test.each([
    [0.2, 0.00834],
    [0.5, 0.0152],
    [0.9, 0.0343],
  ])("quantum noise at display value %d deviates by %d with 2000 photons", (v, expected) => {
    const severity = 2 + Math.log(3000 / 2000) / Math.log(3000 / 1200);
    expect(dosePhotons(severity)).toBeCloseTo(2000, 6);
    const big = { width: 200, height: 200 };
    const noisy = quantumNoise.apply(flat(v, big), big, { severity }, 4);
    expect(Math.abs(deviation(noisy, mean(noisy)) / expected - 1)).toBeLessThan(0.02);
  });
});

describe("grid lines", () => {
  test.each([
    [40, 0.143, 430, 224, 0.2545],
    [70, 0.143, 430, 224, 0.0134],
    [40, 0.2, 430, 224, 0.0804],
  ])(
    "%d lines/cm on %d mm pixels alias to %d-mm field frequency",
    (linesPerCm, pixelPitchMm, fieldWidthMm, widthPx, expected) => {
      expect(gridFrequency({ linesPerCm, pixelPitchMm, fieldWidthMm, widthPx })).toBeCloseTo(
        expected,
        4,
      );
    },
  );

  test.each([
    [90, "down"],
    [0, "across"],
  ])("the spectrum at angle %d peaks at .2545 cycles per pixel %s", (angleDeg, direction) => {
    const n = 224;
    const big = { width: n, height: n };
    const lined = gridLines.apply(flat(0.5, big), big, { amplitude: 0.05, angleDeg }, 1);
    const { re, im } = fft2({ rows: n, cols: n, data: lined.map((v) => v - 0.5) });
    let peak = 0;
    let at = 0;
    for (let k = 0; k <= n / 2; k++) {
      const i = direction === "down" ? k * n : k;
      const power = re[i]! ** 2 + im[i]! ** 2;
      if (power > peak) [peak, at] = [power, k];
    }
    expect(Math.abs(at / n - 0.2545)).toBeLessThan(0.5 / n);
  });

  test("act on the exposure: the swing is ln((1 + a) / (1 - a)) / kappa whatever the density", () => {
    for (const v of [0.3, 0.6]) {
      const lined = gridLines.apply(
        flat(v),
        size,
        { amplitude: 0.2, linesPerCm: 10, pixelPitchMm: 0.1, fieldWidthMm: 160 },
        2,
      );
      const swing = Math.max(...lined) - Math.min(...lined);
      expect(swing).toBeLessThanOrEqual(Math.log(1.2 / 0.8) / 4 + 1e-6);
    }
  });
});

describe("painted patch", () => {
  const canvas = { width: 100, height: 100 };

  test("a disk has the area of a disk, its intensity inside and a soft edge", () => {
    const { cover, value } = rasterizeStrokes(
      [{ points: [[0.5, 0.5]], radius: 0.2, intensity: 0.7 }],
      canvas,
    );
    expect(cover.reduce((a, b) => a + b)).toBeCloseTo(Math.PI * 400, -1);
    expect(value[50 * 100 + 50]).toBeCloseTo(0.7, 12);
    expect(cover.some((c) => c > 0.05 && c < 0.95)).toBe(true);
    expect(cover[0]).toBe(0);
  });

  test("a line has the area of a stadium", () => {
    const { cover } = rasterizeStrokes(
      [
        {
          points: [
            [0.3, 0.4],
            [0.7, 0.4],
          ],
          radius: 0.1,
          intensity: 1,
        },
      ],
      canvas,
    );
    expect(Math.abs(cover.reduce((a, b) => a + b) - (Math.PI * 100 + 20 * 40))).toBeLessThan(8);
  });

  test("later strokes lie on top, the eraser takes paint off, opacity blends", () => {
    const dot = (intensity: number, erase = false) => ({
      points: [[0.5, 0.5]] as const,
      radius: 0.2,
      intensity,
      erase,
    });
    const center = 50 * 100 + 50;
    const paint = (list: readonly ReturnType<typeof dot>[], opacity = 1) =>
      paintedPatch.apply(flat(0.4, canvas), canvas, { strokes: list, opacity }, 0)[center]!;
    expect(paint([dot(1), dot(0.2)])).toBeCloseTo(0.2, 6);
    expect(paint([dot(1), dot(0, true)])).toBeCloseTo(0.4, 6);
    expect(paint([dot(0, true), dot(1)])).toBeCloseTo(1, 6);
    expect(paint([dot(1)], 0.25)).toBeCloseTo(0.55, 6);
    expect(paint([])).toBeCloseTo(0.4, 6);
  });
});

describe("scatter, motion and geometry", () => {
  test("scatter leaves a flat image alone and keeps 1 - s of fine contrast", () => {
    const big = { width: 128, height: 128 };
    const level = scatter.apply(flat(0.4, big), big, { fraction: 0.5 }, 0);
    expect(deviation(level, 0.4)).toBeLessThan(1e-6);
    // A weak fine stripe pattern in the exposure: the wide blur removes it, so half of it is left.
    const stripes = Float32Array.from(
      { length: 128 * 128 },
      (_, i) => 0.5 + 0.005 * Math.cos((2 * Math.PI * (i % 128)) / 4),
    );
    const out = scatter.apply(stripes, big, { fraction: 0.5 }, 0);
    expect(deviation(out, mean(out)) / deviation(stripes, 0.5)).toBeCloseTo(0.5, 1);
  });

  test("motion keeps the exposure of a bright point and spreads it over the path only", () => {
    const big = { width: 41, height: 41 };
    const point = flat(1, big);
    point[20 * 41 + 20] = 0;
    const q = motionBlur
      .apply(point, big, { lengthPx: 8, angleDeg: 0 }, 0)
      .map((v) => Math.exp(-4 * v) - Math.exp(-4));
    expect(q.reduce((a, b) => a + b)).toBeCloseTo(1 - Math.exp(-4), 4);
    for (let i = 0; i < q.length; i++) {
      const isOnPath = Math.floor(i / 41) === 20 && Math.abs((i % 41) - 20) <= 5;
      if (!isOnPath) expect(Math.abs(q[i]!)).toBeLessThan(1e-5);
    }
    expect(q[20 * 41 + 20]).toBeCloseTo((1 - Math.exp(-4)) / 8, 2);
  });

  test("gamma fixes black and white, contrast fixes the mean", () => {
    const ends = Float32Array.of(0, 0.25, 0.5, 1);
    const row = { width: 4, height: 1 };
    expect([...gamma.apply(ends, row, { exponent: 1 }, 0)]).toEqual([0, 0.0625, 0.25, 1]);
    const pale = contrast.apply(ends, row, { loss: 0.5 }, 0);
    expect(mean(pale)).toBeCloseTo(mean(ends), 6);
    expect(pale[3]! - pale[0]!).toBeCloseTo(0.5, 6);
  });

  test("rotation turns counter-clockwise, and back again", () => {
    const big = { width: 65, height: 65 };
    const spot = Float32Array.from({ length: 65 * 65 }, (_, i) =>
      Math.exp(-(((i % 65) - 48) ** 2 + (Math.floor(i / 65) - 32) ** 2) / 18),
    );
    const turned = rotation.apply(spot, big, { degrees: 30 }, 0);
    const center = turned.reduce(
      ([x, y, m], v, i) => [x! + v * (i % 65), y! + v * Math.floor(i / 65), m! + v],
      [0, 0, 0],
    );
    expect(center[0]! / center[2]!).toBeCloseTo(32 + 16 * Math.cos(Math.PI / 6), 1);
    expect(center[1]! / center[2]!).toBeCloseTo(32 - 16 * Math.sin(Math.PI / 6), 1);
    const back = rotation.apply(turned, big, { degrees: -30 }, 0);
    expect(Math.max(...back.map((v, i) => Math.abs(v - spot[i]!)))).toBeLessThan(0.05);
  });
});

describe("jpeg", () => {
  // Encoded and decoded by libjpeg-turbo through Pillow; its integer transform may differ by a level.
  const width = 12;
  const height = 10;
  const source = Float32Array.from({ length: width * height }, (_, i) => {
    const x = i % width;
    const y = Math.floor(i / width);
    const value = 40 + 9 * x + 11 * y + 25 * ((Math.floor(x / 3) + Math.floor(y / 2)) % 2);
    return Math.min(255, value) / 255;
  });
  // prettier-ignore
  const rowsAt25 = [
    [36, 55, 79, 95, 99, 98, 98, 99, 115, 128, 147, 164], [58, 70, 85, 94, 99, 104, 113, 121, 147, 152, 160, 168],
    [83, 89, 95, 99, 103, 115, 132, 145, 158, 157, 156, 156], [92, 100, 108, 113, 117, 127, 143, 155, 160, 161, 164, 168],
    [93, 105, 121, 131, 135, 140, 148, 156, 173, 182, 196, 209], [103, 116, 133, 145, 149, 153, 159, 165, 174, 186, 205, 220],
    [127, 135, 144, 149, 154, 163, 178, 190, 185, 191, 200, 208], [149, 150, 150, 149, 153, 169, 193, 212, 217, 216, 214, 212],
    [138, 133, 148, 181, 200, 194, 187, 190, 216, 241, 255, 253], [142, 136, 151, 184, 203, 197, 190, 193, 216, 241, 255, 253],
  ];
  // prettier-ignore
  const rowsAt80 = [
    [42, 51, 54, 102, 96, 110, 91, 104, 116, 141, 160, 162], [51, 59, 70, 99, 111, 122, 112, 108, 127, 148, 170, 178],
    [88, 96, 103, 91, 98, 111, 139, 151, 158, 151, 150, 159], [102, 110, 116, 103, 105, 117, 148, 167, 170, 161, 157, 165],
    [81, 89, 104, 134, 148, 154, 144, 140, 158, 182, 207, 213], [95, 103, 116, 146, 155, 161, 154, 157, 170, 193, 214, 219],
    [132, 140, 150, 139, 142, 149, 181, 200, 201, 196, 194, 200], [142, 148, 166, 136, 157, 161, 201, 204, 212, 203, 204, 216],
    [128, 137, 146, 180, 192, 196, 183, 192, 202, 236, 246, 250], [138, 147, 156, 190, 202, 206, 192, 201, 208, 241, 251, 254],
  ];
  test.each([
    [3, 25, rowsAt25],
    [1, 80, rowsAt80],
  ])("severity %d is libjpeg's quality %d", (severity, quality, rows) => {
    expect(jpegQuality(severity)).toBeCloseTo(quality, 9);
    const out = jpeg.apply(source, { width, height }, { severity }, 0);
    const off = rows.flat().map((byte, i) => Math.abs(byte - Math.round(out[i]! * 255)));
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
  });
});

test("seeds of different members are unrelated", () => {
  expect(randomStream(1, "perturbation", "gaussianNoise").uint32()).not.toBe(
    randomStream(1, "perturbation", "quantumNoise").uint32(),
  );
});
