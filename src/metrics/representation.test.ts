/** Goldens of NumPy and scikit-learn (covariance.LedoitWolf) on the matrices that the first two functions make. */
import { expect, test } from "vitest";
import { linearCka, referenceSet, rowMean } from "./representation.ts";

const x = Float32Array.from({ length: 24 }, (_, k) => {
  const [i, j] = [Math.floor(k / 4), k % 4];
  return Math.sin(3 * i + j * j) + (j === 1 ? 0.5 * i : 0);
});
const y = Float32Array.from({ length: 18 }, (_, k) => Math.cos(2 * Math.floor(k / 3) - (k % 3)));
const rows = (data: Float32Array, columns: number) =>
  Array.from({ length: data.length / columns }, (_, i) =>
    data.subarray(i * columns, (i + 1) * columns),
  );

test("linear CKA agrees with its definition by matrices, and heeds neither rotation nor scale nor shift", () => {
  expect(linearCka(x, y, 6)).toBeCloseTo(0.126335, 5);
  const turned = Float32Array.from(x, (_, k) => {
    const [a, b] = [x[k - (k % 2)]!, x[k - (k % 2) + 1]!];
    return 3 * (k % 2 === 0 ? 0.6 * a - 0.8 * b : 0.8 * a + 0.6 * b) + 7;
  });
  expect(linearCka(x, turned, 6)).toBeCloseTo(1, 5);
  expect(linearCka(x, new Float32Array(24).fill(2), 6)).toBeNaN();
});

test("distances to a reference are scikit-learn's", () => {
  const set = referenceSet(rows(x, 4));
  const q = [0.3, -0.2, 0.9, 0.1];
  expect(set.mahalanobis(q)).toBeCloseTo(2.552195, 4);
  expect(set.nearest(q, 1)).toBeCloseTo(0.745992, 5);
  expect(set.nearest(q, 5)).toBeCloseTo(1.707506, 5);
  expect(set.nearest(q, 7)).toBeNaN();
  expect(set.mahalanobis(rowMean(x, 4))).toBeCloseTo(0, 5);
});
