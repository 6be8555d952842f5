/**
 * The Monte Carlo side of the certificates: draws noisy images, runs them through the encoder in batches and keeps an
 * anytime-valid bound on the Gaussian robustness score, so that every yield may be shown and any may be the last.
 */
import { LabError, invariant } from "../errors/labError.ts";
import type { Host } from "../host/host.ts";
import { randomStream } from "../numerics/random.ts";
import { cosine, l2Norm } from "../tensor/norms.ts";
import { gridBet } from "./gridBet.ts";
import { latticeLevels, latticeNoise, noisyImage } from "./latticeNoise.ts";

export interface SamplingOptions {
  /** Noise standard deviation, model space, [0, 1] grey. */
  readonly sigma: number;
  /** Probability that any bound ever stated is wrong, over the noise draws. */
  readonly alpha: number;
  readonly maxSamples: number;
  /** Images per call of the encoder. */
  readonly batch: number;
  readonly seed: number;
}

export interface ScoreEstimate {
  readonly n: number;
  /** Mean of (1 + cos) / 2, [0, 1]. */
  readonly score: number;
  /** Its lower confidence bound at error rate `alpha`, valid at every n. */
  readonly scoreLower: number;
  /** Counts of (1 + cos) / 2 in 64 equal parts of [0, 1]. */
  readonly histogram: Float64Array;
  /** The mean feature so far: the smoothed feature as deployed with n draws. Not of unit length. */
  readonly smoothedFeature: Float32Array;
  /** Its length; a plug-in estimate that is a little too long at small n. */
  readonly smoothedNorm: number;
}

/** Taken off every cosine for the rounding of float32 dot products. */
export const COSINE_SLACK = 1e-5;
const HISTOGRAM_BINS = 64;
/** Batches of known draws between two pauses: they are counted, not drawn, and a pause may be as long as a pass of a graph. */
export const KNOWN_BETWEEN_PAUSES = 32;

/**
 * Yields an estimate after each batch until `maxSamples` or until the signal is raised.
 * @param encode a batch of images (model space, [size * size]) to their unit features, in order.
 * `clean`: pixels k/255, model space; `cleanFeature`: feature of the clean image without noise, fixed before the draws, as the
 * theorem asks.
 * `known`: features of the first draws with this encoder, picture, sigma and seed; they aren't drawn again, and later ones
 * are added. The bound is the one that fresh draws would give, since draws depend on neither alpha nor their number.
 * @throws LabError "spec-invalid" for options out of range or so many draws that 53 random bits no longer carry alpha.
 */
export async function* sampleCertificate(
  encode: (batch: Float32Array[]) => Promise<Float32Array[]>,
  { clean, cleanFeature }: { readonly clean: Float32Array; readonly cleanFeature: Float32Array },
  options: SamplingOptions,
  context: Host & { readonly known?: Float32Array[] },
): AsyncGenerator<ScoreEstimate, void> {
  const alpha = alphaForBound(options, clean.length);
  const { maxSamples, batch } = options;
  const { known = [] } = context;
  const bet = gridBet();
  const sum = new Float64Array(cleanFeature.length);
  const draw = noisyDraws(clean, options);
  let counted = 0;
  for (let n = 0; n < maxSamples; n += batch) {
    const count = Math.min(batch, maxSamples - n);
    const isDrawn = known.length < n + count;
    if (isDrawn || ++counted % KNOWN_BETWEEN_PAUSES === 0) await context.yieldToHost();
    if (context.signal.aborted) return;
    if (isDrawn) {
      const images = draw(n, count);
      const features = await encode(images);
      invariant(
        features.length === images.length,
        `${features.length} features for ${images.length} images`,
      );
      known.splice(n, count, ...features);
    }
    for (const feature of known.slice(n, n + count)) {
      bet.add(Math.max(0, (1 + cosine(feature, cleanFeature) - COSINE_SLACK) / 2));
      const length = l2Norm(feature);
      for (let i = 0; i < sum.length; i++) sum[i]! += feature[i]! / length;
    }
    if (context.signal.aborted) return;
    const smoothedFeature = Float32Array.from(sum, (total) => total / bet.count);
    yield {
      n: bet.count,
      score: bet.mean,
      scoreLower: bet.lowerBound(alpha),
      histogram: bet.histogram(HISTOGRAM_BINS),
      smoothedFeature,
      smoothedNorm: l2Norm(smoothedFeature),
    };
  }
}

/** Batches of noisy copies of a clean image, each draw a pure function of seed and index whatever the batch size. */
export async function* noisyBatches(
  clean: Float32Array,
  options: Omit<SamplingOptions, "alpha">,
  context: Host,
): AsyncGenerator<Float32Array[], void> {
  const { maxSamples, batch } = options;
  const draw = noisyDraws(clean, options);
  for (let n = 0; n < maxSamples; n += batch) {
    await context.yieldToHost();
    if (context.signal.aborted) return;
    yield draw(n, Math.min(batch, maxSamples - n));
  }
}

/** Makes `count` noisy copies from draw `from` on. @param name of the draws: other names are other, independent noise. */
export function noisyDraws(
  clean: Float32Array,
  { sigma, seed }: Pick<SamplingOptions, "sigma" | "seed">,
  name: "draw" | "pilot" = "draw",
): (from: number, count: number) => Float32Array[] {
  const noise = latticeNoise(sigma);
  const levels = latticeLevels(clean);
  const draws = randomStream(seed, "certificate");
  return (from, count) =>
    Array.from({ length: count }, (_, k) =>
      noisyImage(levels, noise, draws.fork(`${name} ${from + k}`)),
    );
}

/** What is left of alpha for the statistical bound after the finite random bits of all draws have taken their share. */
export function alphaForBound(options: SamplingOptions, pixels: number): number {
  const { sigma, alpha, maxSamples, batch } = options;
  const fail = (message: string, hint: string): never => {
    throw new LabError("spec-invalid", message, { hint });
  };
  if (!(alpha > 0 && alpha < 1)) {
    fail(`The error rate alpha is ${alpha}, not between 0 and 1.`, "0.001 is a common choice.");
  }
  if (!Number.isInteger(maxSamples) || maxSamples < 1 || !Number.isInteger(batch) || batch < 1) {
    fail(`${maxSamples} samples in batches of ${batch}.`, "Choose whole numbers from 1.");
  }
  const left = alpha - maxSamples * pixels * latticeNoise(sigma).deviation;
  if (!(left > 0)) {
    fail(
      `${maxSamples} noise draws of ${pixels} pixels need more random bits than alpha ${alpha} allows.`,
      "Ask for fewer samples or a larger alpha.",
    );
  }
  return left;
}
