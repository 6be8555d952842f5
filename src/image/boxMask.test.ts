import { expect, test } from "vitest";
import { boxMask } from "./boxMask.ts";
import { centeredSquare } from "./filmSquare.ts";

const sumOf = (mask: Float32Array) => mask.reduce((sum, value) => sum + value, 0);

/** First and last pixel of a mask with any cover, as [top, bottom, left, right]. */
function extentOf(mask: Float32Array, size: number) {
  const on = [...mask.keys()].filter((i) => mask[i]! > 0);
  const rows = on.map((i) => Math.floor(i / size));
  const cols = on.map((i) => i % size);
  return [Math.min(...rows), Math.max(...rows), Math.min(...cols), Math.max(...cols)];
}

test("a box goes through the crop of a tall film by hand numbers", () => {
  // 300 rows of 200: the middle 200 x 200 is seen, from row 50 on, and becomes 100 x 100.
  const seen = centeredSquare({ rows: 300, cols: 200, pixelAspect: 1 });
  expect(seen).toEqual({ top: 50, left: 0, height: 200, width: 200 });
  const { mask, inside } = boxMask([{ left: 40, top: 100, width: 60, height: 20 }], seen, 100);
  // Columns 20 to 50, rows (100 - 50) / 2 = 25 to 35.
  expect(extentOf(mask, 100)).toEqual([25, 34, 20, 49]);
  expect(sumOf(mask)).toBeCloseTo(30 * 10, 4);
  expect(inside).toBeCloseTo(1, 12);
});

test("pixels that are not square, edges inside a pixel and a box that the crop cuts", () => {
  // Pixels twice as high as wide: 100 rows are as high as 200 columns are wide; all is seen.
  const seen = centeredSquare({ rows: 100, cols: 200, pixelAspect: 2 });
  expect(seen).toEqual({ top: 0, left: 0, height: 100, width: 200 });
  const half = boxMask([{ left: 3, top: 10, width: 2, height: 1 }], seen, 100);
  // 1.5 to 2.5 across and 10 to 11 down: two pixels, half covered each.
  expect([...half.mask.subarray(1000, 1004)]).toEqual([0, 0.5, 0.5, 0]);
  const wide = centeredSquare({ rows: 100, cols: 300, pixelAspect: 1 });
  const cut = boxMask([{ left: 80, top: 0, width: 80, height: 50 }], wide, 50);
  // 20 of its 80 columns lie left of column 100, where the crop begins.
  expect(cut.inside).toBeCloseTo(60 / 80, 12);
  expect(sumOf(cut.mask)).toBeCloseTo(30 * 25, 4);
  const gone = boxMask([{ left: 0, top: 0, width: 80, height: 50 }], wide, 50);
  expect([gone.inside, sumOf(gone.mask)]).toEqual([0, 0]);
});

test("boxes that overlap cover a place once", () => {
  const seen = { top: 0, left: 0, height: 10, width: 10 };
  const box = { left: 2, top: 2, width: 4, height: 4 };
  expect(sumOf(boxMask([box, box], seen, 10).mask)).toBeCloseTo(16, 5);
});
