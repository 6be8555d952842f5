/** The pilot's bound of the smoothed feature's length, where that length is known. */
import { describe, expect, test } from "vitest";
import { bestCosineBound } from "./featureCosine.ts";
import { samplePiloted } from "./pilotedSampler.ts";
import type { PilotedDraws, PilotedEstimate } from "./pilotedSampler.ts";
import { sampleCertificate } from "./sampler.ts";

const running = { signal: { aborted: false }, yieldToHost: async () => {} };
const clean = Float32Array.from({ length: 64 }, (_, i) => (i * 4) / 255);
const options = { sigma: 0.25, alpha: 0.001, maxSamples: 400, batch: 20, seed: 9, pilot: 40 };
const fresh = (): PilotedDraws => ({ direction: undefined, cosines: [] });

/** Noise of any size turns this feature by a fixed 1.2 rad from the clean one, always to the same side. */
const moved = Float32Array.of(Math.cos(1.2), Math.sin(1.2), 0);
const unmoved = Float32Array.of(1, 0, 0);
const steady = async (batch: Float32Array[]) =>
  batch.map((x) => (x.every((v, i) => v === clean[i]) ? unmoved : moved));

async function last(
  encode: (batch: Float32Array[]) => Promise<Float32Array[]>,
  change: Partial<typeof options> = {},
  known = fresh(),
): Promise<PilotedEstimate> {
  let found: PilotedEstimate | undefined;
  const subject = { clean, cleanFeature: unmoved };
  const context = { ...running, known };
  for await (const each of samplePiloted(encode, subject, { ...options, ...change }, context))
    if (each) found = each;
  return found!;
}

describe("samplePiloted", () => {
  test("a feature that noise moves steadily has a smoothed length near 1, which its score does not see", async () => {
    const { score, scoreLower, smoothedScore, smoothedLower, n } = await last(steady);
    expect(n).toBe(400);
    expect(score).toBeCloseTo((1 + Math.cos(1.2)) / 2, 4);
    // 2S - 1 says that the smoothed feature is at least .36 long; it is 1 long.
    expect(2 * scoreLower - 1).toBeLessThan(Math.cos(1.2));
    expect(smoothedScore).toBeCloseTo(1, 4);
    expect(2 * smoothedLower - 1).toBeGreaterThan(0.95);
    const [by, piloted] = [scoreLower, smoothedLower].map((s) =>
      bestCosineBound(s, 0.4, "smoothedClean"),
    );
    expect(by).toBeLessThan(0.4);
    expect(piloted).toBeGreaterThan(0.9);
  });

  test("the bound never passes the true length of the smoothed feature", async () => {
    // Two features at right angles, each half of the time: the mean is 1 / sqrt(2) long.
    const coin = async (batch: Float32Array[]) =>
      batch.map((x) =>
        Math.round(x[0]! * 255 + x[1]! * 255) % 2 ? Float32Array.of(0, 1, 0) : unmoved,
      );
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const { smoothedLower, smoothedScore } = await last(coin, { seed });
      expect(2 * smoothedLower - 1).toBeLessThan(Math.SQRT1_2);
      expect(smoothedScore).toBeCloseTo((1 + Math.SQRT1_2) / 2, 1);
    }
  });

  test("the counted draws are those of the sampler without a pilot, at half its error rate", async () => {
    const turning = async (batch: Float32Array[]) =>
      batch.map((x) => {
        const angle = 3 * x.reduce((sum, v) => sum + v / x.length, 0);
        return Float32Array.of(Math.cos(angle), Math.sin(angle), 0);
      });
    const { score, scoreLower } = await last(turning);
    let plain = { score: NaN, scoreLower: NaN };
    const half = { ...options, alpha: (options.alpha + 64 * 400 * 3e-14) / 2 };
    for await (const each of sampleCertificate(
      turning,
      { clean, cleanFeature: unmoved },
      half,
      running,
    ))
      plain = each;
    expect(score).toBeCloseTo(plain.score, 7);
    expect(scoreLower).toBeCloseTo(plain.scoreLower, 4);
  });

  test("draws that are known are not made again, the pilot's neither", async () => {
    let looked = 0;
    const counting = async (batch: Float32Array[]) => {
      looked += batch.length;
      return steady(batch);
    };
    const known = fresh();
    const first = await last(counting, { maxSamples: 100 }, known);
    expect(looked).toBe(140);
    const again = await last(counting, { maxSamples: 100 }, known);
    expect(again).toEqual(first);
    expect(looked).toBe(140);
    await last(counting, { maxSamples: 160 }, known);
    expect(looked).toBe(200);
  });

  test("whoever pulls can stop inside the pilot, and goes on where it stopped", async () => {
    const subject = { clean, cleanFeature: unmoved };
    const pulled = samplePiloted(steady, subject, options, { ...running, known: fresh() });
    const [first, second] = [await pulled.next(), await pulled.next()];
    expect([first.value, second.value]).toEqual([null, null]);
    expect((await pulled.next()).value).toMatchObject({ n: 20 });
  });
});
