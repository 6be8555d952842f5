import { describe, expect, test } from "vitest";
import { randomStream } from "../numerics/random.ts";
import { flipRates } from "./answerFlip.ts";
import { calibration } from "./calibration.ts";
import { conformalSet, conformalThreshold } from "./conformal.ts";
import {
  curveArea,
  rankingCurve,
  rationale,
  saliencyOrder,
  substrateImage,
} from "./deletionInsertion.ts";
import { errorFaithfulnessGap } from "./errorFaithfulnessGap.ts";
import { featureShift } from "./featureShift.ts";
import { fsfIndex } from "./fsfIndex.ts";
import { perceptibility } from "./perceptibility.ts";
import { selectivePrediction } from "./selectivePrediction.ts";
import { symmetricKl, uncertainty } from "./uncertainty.ts";

describe("distances", () => {
  test("identical images and features have no distance", () => {
    const image = Float32Array.from({ length: 144 }, (_, i) => i / 144);
    expect(perceptibility(image, image, 12, 12)).toEqual({
      linf: 0,
      l2: 0,
      changedShare: 0,
      ssim: expect.closeTo(1, 9),
      psnr: Infinity,
    });
    expect(featureShift(Float32Array.of(3, 4), Float32Array.of(3, 4))).toEqual({
      cosine: 1,
      l2: 0,
    });
  });

  test("hand-computed distances", () => {
    const clean = new Float32Array(144).fill(0.5);
    const disturbed = clean.slice();
    for (let i = 0; i < 36; i++) disturbed[i] = 0.6;
    disturbed[143] = 0.501;
    const seen = perceptibility(clean, disturbed, 12, 12);
    expect(seen.linf).toBeCloseTo(0.1, 6);
    expect(seen.l2).toBeCloseTo(Math.sqrt(0.36 + 1e-6), 5);
    // A quarter changed visibly; the last pixel by less than half a level.
    expect(seen.changedShare).toBe(0.25);
    expect(seen.psnr).toBeCloseTo(10 * Math.log10(144 / (0.36 + 1e-6)), 4);
    expect(featureShift(Float32Array.of(1, 0), Float32Array.of(0, 2))).toEqual({
      cosine: 0,
      l2: Math.sqrt(5),
    });
  });
});

describe("flips", () => {
  test("YYNY flips in 3 of 6 pairs and 1 of 3 paraphrases", () => {
    const rates = flipRates(["yes", "yes", "no", "yes"]);
    expect([rates.pair.count, rates.pair.total]).toEqual([3, 6]);
    expect([rates.base.count, rates.base.total]).toEqual([1, 3]);
    expect(rates.any).toBe(true);
    expect(flipRates(["yes", "yes"]).any).toBe(false);
  });
});

describe("confidence", () => {
  const confidence = [0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.55, 0.51];
  const correct = [true, true, true, false, true, true, false, false];
  const cases = confidence.map((c, i) => ({ confidence: c, correct: correct[i]! }));

  test("risk against coverage", () => {
    const result = selectivePrediction(cases.toReversed())!;
    const expected = [0, 0, 0, 0.25, 0.2, 1 / 6, 2 / 7, 0.375];
    result.risk.forEach((r, k) => expect(r).toBeCloseTo(expected[k]!, 12));
    expect(result.aurc).toBeCloseTo(0.1597, 4);
    expect(result.excessAurc).toBeCloseTo(0.0562, 4);
    expect(selectivePrediction([])).toBeNull();
  });

  test("calibration error of two bins by hand", () => {
    // All eight lie in the upper of two bins: mean confidence 6/8, five right.
    const two = calibration(cases, 2)!;
    expect(two.ece).toBeCloseTo(Math.abs(6 / 8 - 5 / 8), 12);
    expect(two.bins.map((b) => b.count)).toEqual([0, 8]);
    expect(calibration([{ confidence: 1, correct: true }])!.ece).toBe(0);
    expect(calibration([{ confidence: 0.9, correct: false }])!.brier).toBeCloseTo(0.81, 12);
  });

  test("uncertainty of five paraphrases", () => {
    const members = [0.9, 0.2, 0.8, 0.7, 0.6].map((p) => [p, 1 - p]);
    const u = uncertainty(members)!;
    expect(u.mean[0]).toBeCloseTo(0.64, 12);
    expect(u.total).toBeCloseTo(0.65342, 5);
    // In bits.
    expect(u.total / Math.LN2).toBeCloseTo(0.94268, 4);
    expect(u.expected).toBeCloseTo(0.52195, 5);
    expect(u.disagreementNats).toBeCloseTo(0.13147, 5);
    expect(u.variance[0]).toBeCloseTo(0.073, 12);
    expect(u.dissent).toBe(0.2);
    expect(uncertainty([])).toBeNull();
    expect(symmetricKl([0.9, 0.1], [0.6, 0.4])).toBeCloseTo(0.2688, 4);
  });
});

describe("conformal prediction", () => {
  test("takes the 91st of 100 scores, the 9th of 9, and everything from 8, at error rate .1", () => {
    const scores = (n: number) => Array.from({ length: n }, (_, i) => (i + 1) / 1000).toReversed();
    expect(conformalThreshold(scores(100), 0.1)).toBe(0.091);
    expect(conformalThreshold(scores(9), 0.1)).toBe(0.009);
    expect(conformalThreshold(scores(8), 0.1)).toBe(Infinity);
  });

  test("a set holds every answer that is probable enough", () => {
    expect(conformalSet({ yes: 0.7, no: 0.3 }, 0.4)).toEqual(["yes"]);
    expect(conformalSet({ yes: 0.7, no: 0.3 }, Infinity)).toEqual(["yes", "no"]);
    expect(conformalSet({ yes: 0.5, no: 0.5 }, 0.1)).toEqual([]);
  });

  test("covers the truth at its rate on fresh cases", () => {
    const random = randomStream(8, "conformal");
    const draw = () => 1 - random.uniform() ** 2;
    let covered = 0;
    for (let run = 0; run < 2000; run++) {
      const threshold = conformalThreshold(Array.from({ length: 39 }, draw), 0.1);
      if (draw() <= threshold) covered++;
    }
    // 36 of 40 exchangeable scores: exactly .9, +- 4 standard errors.
    expect(Math.abs(covered / 2000 - 0.9)).toBeLessThan(0.027);
  });
});

describe("faithfulness", () => {
  test("FSF index of YYNY with map similarities .90, .80 and .92 is 2/3, falls with tau, and is null without flips", () => {
    const similarity = (i: number, j: number) =>
      new Map([
        ["02", 0.9],
        ["12", 0.8],
        ["23", 0.92],
      ]).get(`${i}${j}`)!;
    const answers = ["yes", "yes", "no", "yes"];
    expect(fsfIndex(answers, similarity).index).toBeCloseTo(2 / 3, 12);
    const byTau = [0.7, 0.85, 0.91, 0.95].map((tau) => fsfIndex(answers, similarity, tau).index!);
    expect(byTau).toEqual([1, 2 / 3, 1 / 3, 0]);
    expect(fsfIndex(["yes", "yes"], similarity)).toEqual({ index: null, flips: 0, pairs: [] });
  });

  test("error-faithfulness gap", () => {
    const gap = errorFaithfulnessGap([0.4, 0.5, 0.45], [0.2, 0.3, 0.25, 0.35])!;
    expect(gap.gap).toBeCloseTo(0.175, 12);
    expect(gap.cohenD).toBeCloseTo(2.958, 3);
    expect(gap.hedgesG).toBeCloseTo(2.491, 3);
    expect(errorFaithfulnessGap([0.4], [0.2, 0.3])).toBeNull();
  });

  test("area under (.9, .6, .3, .2, .1) is .40", () => {
    expect(curveArea([0.9, 0.6, 0.3, 0.2, 0.1])).toBeCloseTo(0.4, 12);
    expect(curveArea([1])).toBeNaN();
  });

  const context = { signal: { aborted: false }, yieldToHost: async () => {} };
  // The score is the mean of the first quarter of the pixels: what matters is known.
  const image = new Float32Array(400).fill(1);
  const score = async (x: Float32Array) => x.subarray(0, 100).reduce((a, b) => a + b, 0) / 100;
  const good = saliencyOrder(image.map((_, i) => (i < 100 ? 2 : 1)));
  const bad = saliencyOrder(image.map((_, i) => (i < 100 ? 1 : 2)));

  async function curve(mode: "deletion" | "insertion", order: Uint32Array): Promise<number[]> {
    const scores: number[] = [];
    for await (const point of rankingCurve(
      mode,
      score,
      { image, blank: new Float32Array(400), order, steps: 8 },
      context,
    )) {
      scores.push(point.score);
    }
    return scores;
  }

  test("a map of what matters deletes quickly and inserts quickly, a wrong one slowly", async () => {
    expect(await curve("deletion", good)).toEqual(
      [1, 0.5, 0, 0, 0, 0, 0, 0, 0].map((v) => expect.closeTo(v, 6)),
    );
    expect(curveArea(await curve("deletion", good))).toBeCloseTo(0.125, 6);
    expect(curveArea(await curve("deletion", bad))).toBeCloseTo(0.875, 6);
    expect(curveArea(await curve("insertion", good))).toBeCloseTo(0.875, 6);
    const parts = await rationale(
      score,
      { image, blank: new Float32Array(400), order: good },
      [0.25],
    );
    expect(parts).toEqual({ sufficiency: 0, comprehensiveness: 1 });
  });

  test("from .9 whole, .7 with the top part only and .4 without it: sufficiency .2, necessity .5", async () => {
    // The top quarter carries .5 and the rest .2 of a score of .9; .2 are there whatever is shown.
    const quarter = (x: Float32Array) => x.subarray(0, 100).reduce((a, b) => a + b, 0) / 100;
    const rest = (x: Float32Array) => x.subarray(100).reduce((a, b) => a + b, 0) / 300;
    const parts = await rationale(
      async (x) => 0.2 + 0.5 * quarter(x) + 0.2 * rest(x),
      { image, blank: new Float32Array(400), order: good },
      [0.25],
    );
    expect(parts.sufficiency).toBeCloseTo(0.2, 6);
    expect(parts.comprehensiveness).toBeCloseTo(0.5, 6);
  });

  test("insertion begins with the score of the blurred picture and ends with that of the whole one", async () => {
    const ramp = Float32Array.from({ length: 400 }, (_, i) => ((i % 20) / 19) ** 2);
    const blurred = substrateImage(ramp, 20, 20, "blur");
    const seen: number[] = [];
    const firstColumn = async (x: Float32Array) => x[0]! + 2 * x[19]!;
    for await (const { score: value } of rankingCurve(
      "insertion",
      firstColumn,
      { image: ramp, blank: blurred, order: good, steps: 4 },
      context,
    ))
      seen.push(value);
    expect(seen[0]).toBe(await firstColumn(blurred));
    expect(seen[0]).not.toBeCloseTo(await firstColumn(ramp), 3);
    expect(seen.at(-1)).toBe(await firstColumn(ramp));
  });

  test("substrates: black, mean grey, blur", () => {
    const ramp = Float32Array.from({ length: 400 }, (_, i) => (i % 20) / 19);
    expect(substrateImage(ramp, 20, 20, "black").every((v) => v === 0)).toBe(true);
    expect(substrateImage(ramp, 20, 20, "mean")[7]).toBeCloseTo(0.5, 6);
    expect(substrateImage(ramp, 20, 20, "blur")).not.toEqual(ramp);
  });
});
