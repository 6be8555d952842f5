import { describe, expect, test } from "vitest";
import { randomStream } from "../numerics/random.ts";
import { answerVote } from "./answerVote.ts";
import { alphaForBound, noisyBatches, sampleCertificate } from "./sampler.ts";
import type { ScoreEstimate } from "./sampler.ts";

const running = { signal: { aborted: false }, yieldToHost: async () => {} };
const clean = Float32Array.from({ length: 64 }, (_, i) => (i * 4) / 255);
const options = { sigma: 0.25, alpha: 0.001, maxSamples: 200, batch: 32, seed: 9 };

/** Two features that turn with the image's mean and its contrast. */
async function encode(batch: Float32Array[]): Promise<Float32Array[]> {
  return batch.map((x) => {
    let mean = 0;
    for (const v of x) mean += v / x.length;
    return Float32Array.of(Math.cos(9 * mean), Math.sin(9 * mean));
  });
}
const cleanFeature = (await encode([clean]))[0]!;

async function all(source: AsyncGenerator<ScoreEstimate, void>): Promise<ScoreEstimate[]> {
  const estimates: ScoreEstimate[] = [];
  for await (const estimate of source) estimates.push(estimate);
  return estimates;
}

describe("sampleCertificate", () => {
  test("yields after each batch with a bound that only rises and never passes the mean", async () => {
    const estimates = await all(
      sampleCertificate(encode, { clean, cleanFeature }, options, running),
    );
    expect(estimates.map((e) => e.n)).toEqual([32, 64, 96, 128, 160, 192, 200]);
    estimates.reduce((before, e) => {
      expect(e.scoreLower).toBeGreaterThanOrEqual(before);
      expect(e.scoreLower).toBeLessThan(e.score);
      return e.scoreLower;
    }, 0);
    const last = estimates.at(-1)!;
    expect(last.scoreLower).toBeGreaterThan(0.5);
    // 2S - 1 is the mean cosine to the clean feature, which the length of the mean feature bounds from above.
    expect(last.smoothedNorm).toBeGreaterThanOrEqual(2 * last.score - 1);
    expect(last.smoothedNorm).toBeLessThanOrEqual(1);
    expect(last.histogram.reduce((a, b) => a + b)).toBe(200);
  });

  test("the draws depend on seed and index, not on the batch size", async () => {
    const by = async (batch: number, seed: number) =>
      (
        await all(
          sampleCertificate(encode, { clean, cleanFeature }, { ...options, batch, seed }, running),
        )
      ).at(-1)!;
    const [a, b, c] = [await by(32, 9), await by(7, 9), await by(32, 10)];
    expect(b.score).toBeCloseTo(a.score, 12);
    expect(c.score).not.toBeCloseTo(a.score, 6);
  });

  test("an encoder that never moves reaches the all-ones bound less the float slack", async () => {
    const still = async (batch: Float32Array[]) => batch.map(() => Float32Array.of(0, 1));
    const estimates = await all(
      sampleCertificate(
        still,
        { clean, cleanFeature: Float32Array.of(0, 1) },
        { ...options, maxSamples: 1000, batch: 100 },
        running,
      ),
    );
    expect(estimates.at(-1)!.scoreLower).toBeCloseTo(0.992163, 4);
  });

  test("an encoder that tosses a coin between two opposite features has a score of .5, and nothing is proved", async () => {
    const coin = randomStream(3, "antipodal coin");
    const tossed = async (batch: Float32Array[]) =>
      batch.map(() => Float32Array.of(0, coin.chance(0.5) ? 1 : -1));
    const estimates = await all(
      sampleCertificate(
        tossed,
        { clean, cleanFeature: Float32Array.of(0, 1) },
        { ...options, maxSamples: 2000 },
        running,
      ),
    );
    const last = estimates.at(-1)!;
    // Four standard errors of 2000 tosses.
    expect(Math.abs(last.score - 0.5)).toBeLessThan(0.045);
    expect(last.scoreLower).toBeLessThan(0.5);
  });

  test("stops within one batch when the signal is raised", async () => {
    const signal = { aborted: false };
    let batches = 0;
    const counting = async (batch: Float32Array[]) => {
      if (++batches === 2) signal.aborted = true;
      return encode(batch);
    };
    const estimates = await all(
      sampleCertificate(counting, { clean, cleanFeature }, options, { ...running, signal }),
    );
    expect(batches).toBe(2);
    expect(estimates).toHaveLength(1);
  });

  test("random bits are paid for out of alpha, or the run is refused", () => {
    expect(alphaForBound({ ...options, maxSamples: 1e4 }, 224 * 224)).toBeCloseTo(
      0.001 - 2.95e-5,
      5,
    );
    expect(() => alphaForBound({ ...options, maxSamples: 1e7 }, 224 * 224)).toThrow(
      "more random bits",
    );
    expect(() => alphaForBound({ ...options, alpha: 0 }, 10)).toThrow("alpha is 0");
  });
});

describe("noisyBatches", () => {
  test("gives noise of the stated deviation in mid-grey", async () => {
    const gray = new Float32Array(4096).fill(128 / 255);
    for await (const [noisy] of noisyBatches(
      gray,
      { sigma: 0.05, maxSamples: 1, batch: 1, seed: 2 },
      running,
    )) {
      const squares = noisy!.reduce((sum, v) => sum + (v - 128 / 255) ** 2, 0);
      expect(Math.sqrt(squares / 4096)).toBeCloseTo(0.05, 2);
    }
  });
});

describe("answerVote", () => {
  const settings = { sigma: 0.5, alpha: 0.001, seed: 1 };

  test("a thousand votes without dissent certify 2.4164 sigma", () => {
    const vote = answerVote("yes", settings);
    for (let i = 0; i < 1000; i++) vote.add(true);
    const { status, radius, statement } = vote.certificate();
    expect(status).toBe("certified");
    expect(radius / 0.5).toBeCloseTo(2.4164, 4);
    expect(statement).toContain('stays "yes"');
  });

  test("eight votes without dissent, or an even split, certify nothing", () => {
    const few = answerVote("yes", settings);
    for (let i = 0; i < 8; i++) few.add(true);
    expect(few.certificate()).toMatchObject({ status: "abstained", radius: 0 });
    const split = answerVote("yes", settings);
    for (let i = 0; i < 1000; i++) split.add(i % 2 === 0);
    expect(split.certificate().status).toBe("abstained");
  });
});
