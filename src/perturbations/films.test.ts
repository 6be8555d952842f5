/** Grey levels, windows and overlays of other people's films against OpenCV, VSF-Med's own formulas and hand-made pictures. */
import { describe, expect, test } from "vitest";
import { renderPhantom } from "../phantom/phantom.ts";
import { wordsFor } from "../system/param.ts";
import { arrow } from "./arrow.ts";
import { PERTURBATION_CATALOG } from "./catalog.ts";
import { checkerboard } from "./checkerboard.ts";
import { clahe, equalizeLocally } from "./clahe.ts";
import { settingOf } from "./composite.ts";
import { digitizerBands } from "./digitizerBands.ts";
import { digitizedFilm, portableFilm } from "./films.ts";
import { histogramShift, valueAt } from "./histogramShift.ts";
import { inverted } from "./inverted.ts";
import { lowestBit } from "./lowestBit.ts";
import { magnification } from "./magnification.ts";
import { moire } from "./moire.ts";
import { pixelSpacing } from "./pixelSpacing.ts";
import { POPULATIONS } from "./populations.ts";
import { promptBox } from "./promptBox.ts";
import { PERTURBATIONS } from "./registry.ts";
import { windowLevel } from "./windowLevel.ts";

const SIDE = 112;
const square = { width: SIDE, height: SIDE };
const CHEST = renderPhantom({ seed: 12, findings: [{ kind: "effusion" }] }, SIDE).image.map(
  (v) => Math.round(255 * v) / 255,
);

// The picture of models/golden/grey_levels.py.
const golden = { width: 36, height: 28 };
const GOLDEN = Float32Array.from({ length: 36 * 28 }, (_, i) => {
  const [x, y] = [i % 36, Math.floor(i / 36)];
  return ((40 + 4 * x + 3 * y + 25 * ((Math.floor(x / 3) + Math.floor(y / 2)) % 2)) % 256) / 255;
});
const levels = (image: Float32Array, row: number, from: number, count: number) =>
  Array.from(image.subarray(36 * row + from, 36 * row + from + count), (v) => Math.round(255 * v));

describe("grey levels", () => {
  test.each([
    [4, 2, 144_315, [33, 46, 59, 166, 178, 186, 99, 100, 100, 176, 175, 176]],
    [3, 4, 139_267, [20, 26, 33, 137, 153, 169, 86, 98, 105, 186, 181, 175]],
    [8, 2, 146_289, [38, 60, 86, 216, 220, 209, 91, 105, 109, 214, 209, 208]],
  ])(
    "CLAHE in %d tiles a side with a limit of %d is OpenCV's to the grey level",
    (tiles, clip, sum, row) => {
      const equal = equalizeLocally(GOLDEN, golden, { clip, tiles });
      expect(Math.round(255 * equal.reduce((a, b) => a + b, 0))).toBe(sum);
      expect(levels(equal, 5, 0, 12)).toEqual(row);
      const half = clahe.apply(GOLDEN, golden, { share: 0.5, clip, tiles }, 1);
      half.forEach((v, i) => expect(v).toBeCloseTo((GOLDEN[i]! + equal[i]!) / 2, 6));
    },
  );

  test.each(POPULATIONS.map((population, k) => [population.name, k, population] as const))(
    "a chest has the grey levels of %s afterwards, as near as its levels allow",
    (_name, k, { quantiles }) => {
      expect(quantiles).toHaveLength(33);
      const made = histogramShift.apply(CHEST, square, { share: 1, population: k }, 1);
      const sorted = made.toSorted();
      // Pixels of one value stay together: half of the largest such group is as near as any picture comes.
      const counts = new Map<number, number>();
      for (const v of CHEST) counts.set(v, (counts.get(v) ?? 0) + 1);
      const together = Math.max(...counts.values()) / CHEST.length;
      let worst = 0;
      for (let share = 0.02; share < 1; share += 0.02) {
        const value = valueAt(quantiles, share);
        const below = sorted.filter((v) => v < value).length / sorted.length;
        const upTo = sorted.filter((v) => v <= value + 1e-6).length / sorted.length;
        worst = Math.max(worst, below - share, share - upTo);
      }
      expect(worst).toBeLessThan(Math.max(0.01, together / 2 + 0.005));
      // What was brighter stays brighter, and half of the way is half of the change.
      const half = histogramShift.apply(CHEST, square, { share: 0.5, population: k }, 1);
      for (let i = 1; i < CHEST.length; i += 7) {
        if (CHEST[i]! > CHEST[i - 1]!) expect(made[i]!).toBeGreaterThanOrEqual(made[i - 1]!);
        expect(half[i]!).toBeCloseTo((CHEST[i]! + made[i]!) / 2, 6);
      }
    },
  );

  test("a window cuts what lies outside, and a negative is the picture's own", () => {
    const ramp = Float32Array.from([0, 0.2, 0.5, 0.8, 1]);
    const row = { width: 5, height: 1 };
    const windowed = windowLevel.apply(ramp, row, { narrower: 0.5, level: 0.1 }, 1);
    // From .35 to .85.
    [0, 0, 0.3, 0.9, 1].forEach((v, i) => expect(windowed[i]).toBeCloseTo(v, 6));
    [1, 0.8, 0.5, 0.2, 0].forEach((v, i) =>
      expect(inverted.apply(ramp, row, { share: 1 }, 1)[i]).toBeCloseTo(v, 6),
    );
    const bits = lowestBit.apply(CHEST, square, { share: 1 }, 1);
    bits.forEach((v, i) => expect(v).toBe(Math.round(255 * CHEST[i]!) & 1));
  });
});

describe("geometry and sensors", () => {
  test("doubling about a corner shows that quarter, and shrinking leaves a black border", () => {
    const size = { width: 9, height: 9 };
    const image = Float32Array.from({ length: 81 }, (_, i) => i / 81);
    // 60 % is the most: what was at 1 is at 1.6.
    const out = magnification.apply(image, size, { percent: 60, x: 0, y: 0 }, 1);
    expect(out[0]).toBe(image[0]);
    expect(out[8]).toBeCloseTo(8 / 1.6 / 81, 6);
    const small = magnification.apply(image, size, { percent: -40 }, 1);
    expect(small[0]).toBe(0);
    expect(small[40]).toBeCloseTo(image[40]!, 6);
  });

  test("pixels of twice the spacing hold the mean of four", () => {
    const stripes = Float32Array.from({ length: 64 }, (_, i) => i % 2);
    const out = pixelSpacing.apply(stripes, { width: 8, height: 8 }, { coarser: 1 }, 1);
    out.forEach((v) => expect(v).toBeCloseTo(0.5, 6));
  });

  test("a digitizer's columns differ in the exposure by the stated amount, and rows do not", () => {
    const size = { width: 2000, height: 2 };
    const flat = new Float32Array(4000).fill(0.5);
    const out = digitizerBands.apply(flat, size, { amplitude: 0.04 }, 3);
    const gains = Array.from(out.subarray(0, 2000), (v) => Math.exp(-4 * (v - 0.5)));
    const mean = gains.reduce((a, b) => a + b, 0) / 2000;
    const sd = Math.sqrt(gains.reduce((a, g) => a + (g - mean) ** 2, 0) / 2000);
    expect(mean).toBeCloseTo(1, 2);
    expect(sd).toBeCloseTo(0.04, 2);
    expect(out.subarray(0, 2000)).toEqual(out.subarray(2000));
  });
});

describe("the VSF-Med set", () => {
  test("moiré is its formula to the grey level", () => {
    const out = moire.apply(GOLDEN, golden, { opacity: 0.3, frequency: 0.1 }, 1);
    const rows = [
      [5, 0, [76, 76, 78, 98, 102, 108, 96, 100, 102, 121, 121, 121, 105, 109]],
      [20, 20, [170, 198, 204, 202, 178, 170, 165, 184, 192, 205, 200, 210, 214, 49]],
    ] as const;
    // Pillow cuts a blend to whole levels where we round.
    for (const [row, from, expected] of rows) {
      levels(out, row, from, 14).forEach((v, k) =>
        expect(Math.abs(v - expected[k]!)).toBeLessThanOrEqual(1),
      );
    }
  });

  test("a checkerboard covers half of its patch in squares of 128, and shows the picture between", () => {
    const flat = new Float32Array(224 * 224).fill(0.9);
    const out = checkerboard.apply(flat, { width: 224, height: 224 }, {}, 8);
    const covered = Array.from(out.keys()).filter((i) => out[i] !== flat[i]);
    expect(covered).toHaveLength(100 * 50);
    covered.forEach((i) => expect(out[i]).toBeCloseTo(128 / 255, 6));
    const columns = covered.map((i) => i % 224);
    expect(Math.max(...columns) - Math.min(...columns)).toBe(99);
  });

  test("an arrow is white, three pixels thick, with a head", () => {
    const flat = new Float32Array(224 * 224);
    const out = arrow.apply(flat, { width: 224, height: 224 }, {}, 5);
    const ink = out.filter((v) => v === 1).length;
    expect(out.every((v) => v === 0 || v === 1)).toBe(true);
    expect(ink).toBeGreaterThan(100);
    expect(ink).toBeLessThan(0.1 * out.length);
    expect(arrow.apply(flat, { width: 224, height: 224 }, {}, 6)).not.toEqual(out);
  });

  test("the box is 52 pixels of white with black words, 8 from the border", () => {
    const flat = new Float32Array(224 * 224).fill(0.5);
    const out = promptBox.apply(flat, { width: 224, height: 224 }, {}, 1);
    const changed = Array.from(out.keys()).filter((i) => out[i] !== 0.5);
    expect(changed).toHaveLength(52 * 208);
    const black = changed.filter((i) => out[i] === 0).length;
    expect(black / changed.length).toBeGreaterThan(0.02);
    expect(black / changed.length).toBeLessThan(0.2);
  });
});

describe("kinds of film", () => {
  test("each part has its own step of the severity, and nothing is left at 0", () => {
    const ladder = [2, 4, 6, 8, 10] as const;
    expect([0.5, 1, 1.5, 3, 4.5, 5].map((s) => settingOf(ladder, s, true))).toEqual([
      1, 2, 3, 6, 9, 10,
    ]);
    expect(settingOf(ladder, 0.5, false)).toBe(2);
    expect(settingOf(7, 3.3, false)).toBe(7);
    expect(portableFilm.params["severity"]!.inWords?.(2)).toContain("scatter 0.2");
  });

  test("a bedside film at severity 2 is its parts, one after the other", () => {
    const made = digitizedFilm.apply(CHEST, square, { severity: 2 }, 4);
    const plain = digitizedFilm.apply(CHEST, square, { severity: 0 }, 4);
    expect(plain).toEqual(CHEST);
    expect(made).not.toEqual(CHEST);
    expect(digitizedFilm.apply(CHEST, square, { severity: 2 }, 4)).toEqual(made);
    expect(digitizedFilm.apply(CHEST, square, { severity: 2 }, 5)).not.toEqual(made);
  });
});

test("the catalogue says in words what every member says, without its algorithm", () => {
  for (const [id, { params }] of Object.entries(PERTURBATIONS)) {
    const offered = PERTURBATION_CATALOG[id as keyof typeof PERTURBATION_CATALOG];
    expect(JSON.parse(JSON.stringify(offered))).toEqual(offered);
    for (const [name, meta] of Object.entries(params)) {
      for (let value = meta.min; value <= meta.max + 1e-9; value += meta.step) {
        const tidy = Number(value.toPrecision(9));
        expect(wordsFor(offered.params[name]!, tidy)).toBe(meta.inWords?.(tidy));
      }
    }
  }
});
