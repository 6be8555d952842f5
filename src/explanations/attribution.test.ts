/** Attributions by hand, on scores simple enough to have only one right map. */
import { expect, test } from "vitest";
import { grayImage } from "../image/grayImage.ts";
import { cellBorders, cellMeans, cellOfPixels, cellSums, pixelsByCell } from "./cells.ts";
import { attributions, onPath, pathPositions } from "./integratedGradients.ts";
import { localization } from "./localization.ts";
import { covered, occlusionMap, occlusionPositions } from "./occlusion.ts";
import { rise } from "./rise.ts";

const context = { signal: { aborted: false }, yieldToHost: async () => {} };

test("integrated gradients of a product add up to the change of the score (completeness)", () => {
  // F(x, y) = x^2 y from (0, 0) to (2, 3): by the integral 2 * int 2 (2a)(3a) da = 8 and 3 * int (2a)^2 da = 4.
  const [image, baseline] = [Float32Array.of(2, 3), new Float32Array(2)];
  const mean = [0, 0];
  for (const at of pathPositions(400)) {
    const [x, y] = onPath(image, baseline, at);
    mean[0]! += (2 * x! * y!) / 400;
    mean[1]! += x! ** 2 / 400;
  }
  const [a, b] = attributions(image, baseline, mean);
  expect(a).toBeCloseTo(8, 4);
  expect(b).toBeCloseTo(4, 4);
  expect(pathPositions(2)).toEqual([0.25, 0.75]);
});

test("a sum of pixels loses under occlusion what was covered, averaged over the squares that covered it", () => {
  const image = Float32Array.from({ length: 36 }, (_, i) => i);
  const options = { cells: 3, window: 2 };
  const positions = occlusionPositions(options);
  expect(positions).toHaveLength(4);
  const total = image.reduce((a, b) => a + b);
  const losses = positions.map(
    (at) => total - covered(image, new Float32Array(36), at, options).reduce((a, b) => a + b),
  );
  // By hand: the upper left square covers rows 0 to 3 and columns 0 to 3.
  const upperLeft = [0, 1, 2, 3].flatMap((y) => [0, 1, 2, 3].map((x) => 6 * y + x));
  expect(losses[0]).toBe(upperLeft.reduce((a, b) => a + b));
  const map = occlusionMap(losses, options);
  expect(map[0]).toBe(losses[0]);
  expect(map[1]).toBe((losses[0]! + losses[1]!) / 2);
  expect(map[4]).toBe(losses.reduce((a, b) => a + b) / 4);
});

test("cells cover every pixel once where the side is no multiple of the grid", () => {
  expect(cellBorders(10, 4)).toEqual([0, 3, 5, 8, 10]);
  const grid = [4, 4] as const;
  expect(cellSums(new Float32Array(100).fill(1), 10, grid).reduce((a, b) => a + b)).toBe(100);
  expect(cellMeans(new Float32Array(100).fill(0.5), 10, grid)).toEqual(
    new Float32Array(16).fill(0.5),
  );
  const ranked = pixelsByCell([5, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 10, grid);
  expect(new Set(ranked).size).toBe(100);
  // Cell 5 is row 1, column 1: 2 x 2 pixels from (3, 3).
  expect([...ranked.subarray(0, 4)]).toEqual([33, 34, 43, 44]);
  expect(cellOfPixels(10, grid)[99]).toBe(15);
});

test("a map on the mask has its energy there; an even map has the mask's area", () => {
  const mask = Float32Array.from({ length: 64 }, (_, i) => (i % 8 < 2 && i < 16 ? 1 : 0));
  const on = Float32Array.of(3, -9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  expect(localization(on, [4, 4], mask)).toEqual({ hit: true, energy: 0.75, area: 4 / 64 });
  const even = localization(new Float32Array(16).fill(0.2), [4, 4], mask);
  expect(even?.energy).toBeCloseTo(4 / 64, 6);
  const off = localization(
    Float32Array.from(on, (_, i) => (i === 15 ? 1 : 0)),
    [4, 4],
    mask,
  );
  expect(off).toMatchObject({ hit: false, energy: 0 });
  expect(localization(new Float32Array(16), [4, 4], mask)).toBeNull();
  expect(localization(on, [4, 4], new Float32Array(64))).toBeNull();
});

test("RISE less its mean score is exactly 0 for a score that heeds no mask, and positive where it does", async () => {
  const image = new Float32Array(400).fill(1);
  const options = { masks: 60, cells: 4, keep: 0.5, batch: 20, seed: 3 };
  const last = async (score: (x: Float32Array) => number) => {
    let contrast = new Float32Array();
    const scores = async (batch: Float32Array[]) => batch.map(score);
    for await (const estimate of rise(scores, grayImage(image, 20, 20), options, context))
      contrast = Float32Array.from(estimate.contrast);
    return contrast;
  };
  expect(Math.max(...(await last(() => 0.7)).map(Math.abs))).toBeLessThan(1e-6);
  const corner = await last((x) => x[0]!);
  expect(corner.indexOf(Math.max(...corner))).toBe(0);
});
