import { describe, expect, test } from "vitest";
import { channelsFirst, gradCam } from "./gradCam.ts";
import {
  attentionRollout,
  gradientRelevance,
  receivedPerToken,
  rowOf,
} from "../testing/fullAttention.ts";
import { relevanceOfRow } from "./gradientRelevance.ts";
import { headMean } from "../tensor/headMean.ts";
import { layerWeightedMean } from "./layerMean.ts";
import { compareMaps } from "./mapComparison.ts";
import { rise, riseMask } from "./rise.ts";
import { upsampledMap } from "./tokenGrid.ts";
import { grayImage } from "../image/grayImage.ts";
import { randomStream } from "../numerics/random.ts";

const A1 = [0.5, 0.5, 0, 0.2, 0.6, 0.2, 0.1, 0.1, 0.8];
const A2 = [0.4, 0.3, 0.3, 0.3, 0.4, 0.3, 0.25, 0.25, 0.5];
const close = (values: readonly number[], digits = 6) =>
  values.map((v) => expect.closeTo(v, digits));

describe("attention maps", () => {
  test("late layers weigh more: peaks of 4, 3 and 2 in layers 1 to 3 become .25, .375, .375", () => {
    const mean = layerWeightedMean([
      [4, 0, 0, 0],
      [0, 3, 0, 0],
      [0, 0, 2, 0],
    ]);
    expect([...mean]).toEqual(close([0.25, 0.375, 0.375, 0]));
    expect([
      ...layerWeightedMean(
        [
          [1, 0],
          [0, 1],
        ],
        [0, 2],
      ),
    ]).toEqual([0, 1]);
  });

  test("heads are averaged or picked", () => {
    const layer = { heads: 2, maps: Float32Array.of(1, 0, 0.5, 0.5) };
    expect([...headMean(layer)]).toEqual([0.75, 0.25]);
    expect([...headMean(layer, [1])]).toEqual([0.5, 0.5]);
    expect(() => headMean(layer, [2])).toThrow("no head 2 in a layer of 2");
  });

  test("rollout multiplies later layers from the left", () => {
    const rollout = attentionRollout([A1, A2], 3);
    expect([...rowOf(rollout, 3, 0)]).toEqual(close([0.5475, 0.3025, 0.15]));
    expect([...rowOf(attentionRollout([A2, A1], 3), 3, 0)]).toEqual(close([0.5625, 0.2875, 0.15]));
    expect(receivedPerToken(rollout, 3).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    expect([...attentionRollout([], 2)]).toEqual([1, 0, 0, 1]);
  });

  test("gradient relevance of two layers by hand", () => {
    const G1 = [0.1, -0.2, 0.3, 0, 0.1, -0.1, 0.2, 0, 0.1];
    const G2 = [0.2, 0.1, -0.1, 0, 0.2, 0.1, 0.1, -0.3, 0.2];
    const relevance = gradientRelevance(
      [
        { heads: 1, attention: A1, gradient: G1 },
        { heads: 1, attention: A2, gradient: G2 },
      ],
      3,
    );
    expect([...relevance.subarray(0, 3)]).toEqual(close([1.134, 0.0318, 0]));
    // A mixture of queries, followed down without the products, is the same mixture of its rows.
    const mixed = relevanceOfRow(
      [0.5, 0, 2],
      [
        { heads: 1, attention: A1, gradient: G1 },
        { heads: 1, attention: A2, gradient: G2 },
      ],
      3,
    );
    const expected = [0, 1, 2].map((k) => 0.5 * relevance[k]! + 2 * relevance[6 + k]!);
    expect([...mixed]).toEqual(close(expected, 12));
    // Two equal heads average to the same.
    const twice = gradientRelevance(
      [{ heads: 2, attention: [...A1, ...A1], gradient: [...G1, ...G1] }],
      3,
    );
    const once = gradientRelevance([{ heads: 1, attention: A1, gradient: G1 }], 3);
    expect([...twice]).toEqual(close([...once], 12));
  });

  test("Grad-CAM of two channels weighted .5 and -1", () => {
    const map = gradCam([1, 2, 3, 4, 0, 1, 1, 0], [0.5, 0.5, 0.5, 0.5, -1, -1, -1, -1], 2);
    expect([...map]).toEqual([0.5, 0, 0.5, 2]);
    expect([...channelsFirst([1, 5, 2, 6, 3, 7], 2)]).toEqual([1, 2, 3, 5, 6, 7]);
  });
});

describe("grids and comparison", () => {
  test("a map is drawn over a larger picture, bilinear between cells", () => {
    const large = upsampledMap(grayImage(Float32Array.of(0, 1), 1, 2), 4, 8);
    expect(large.data[0]).toBe(0);
    expect(large.data[7]).toBe(1);
    expect(large.data[3]! + large.data[4]!).toBeCloseTo(1, 6);
  });

  const blob = (cx: number, cy: number) => ({
    rows: 16,
    cols: 16,
    data: Float32Array.from({ length: 256 }, (_, i) =>
      Math.exp(-(((i % 16) - cx) ** 2 + (Math.floor(i / 16) - cy) ** 2) / 4),
    ),
  });

  test("equal maps, moved maps and disjoint maps are told apart, even when the maps sum to 1", () => {
    const sumToOne = (map: ReturnType<typeof blob>) => {
      const sum = map.data.reduce((a, b) => a + b);
      return { ...map, data: map.data.map((v) => v / sum) };
    };
    const [here, near, far] = [blob(4, 4), blob(5, 4), blob(12, 12)].map(sumToOne) as [
      ReturnType<typeof blob>,
      ReturnType<typeof blob>,
      ReturnType<typeof blob>,
    ];
    expect(compareMaps(here, here)).toEqual({ ssim: expect.closeTo(1, 9), jsd: 0 });
    const moved = compareMaps(here, near);
    const disjoint = compareMaps(here, far);
    expect(moved.ssim).toBeGreaterThan(disjoint.ssim + 0.3);
    expect(disjoint.ssim).toBeLessThan(0.3);
    expect(disjoint.jsd).toBeGreaterThan(0.95);
    expect(moved.jsd).toBeLessThan(0.3);
  });

  test("small grids are enlarged rather than refused", () => {
    const small = grayImage(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8), 3, 3);
    expect(compareMaps(small, small).ssim).toBeCloseTo(1, 9);
  });
});

describe("rise", () => {
  const options = { masks: 600, cells: 4, keep: 0.5, batch: 50, seed: 3 };
  const context = { signal: { aborted: false }, yieldToHost: async () => {} };

  test("a mask is soft and shows the kept share on average", () => {
    const random = randomStream(1);
    let sum = 0;
    for (let k = 0; k < 200; k++) {
      const mask = riseMask(20, 20, options, random);
      expect(mask.every((m) => m >= 0 && m <= 1)).toBe(true);
      sum += mask.reduce((a, b) => a + b, 0) / 400 / 200;
    }
    expect(sum).toBeCloseTo(0.5, 1);
  });

  test("finds the corner that the score depends on", async () => {
    const image = new Float32Array(400).fill(1);
    const inCorner = (i: number) => i % 20 < 5 && i < 100;
    const score = async (batch: Float32Array[]) =>
      batch.map((x) => x.reduce((sum, v, i) => (inCorner(i) ? sum + v / 25 : sum), 0));
    let last: Float32Array | undefined;
    for await (const { saliency } of rise(score, grayImage(image, 20, 20), options, context))
      last = saliency;
    const mean = (where: (i: number) => boolean) => {
      const values = [...last!].filter((_, i) => where(i));
      return values.reduce((a, b) => a + b, 0) / values.length;
    };
    expect(mean(inCorner)).toBeGreaterThan(1.15 * mean((i) => i % 20 > 10 && i > 200));
  });
});
