/** The certified cosine bound as it tightens: a sampler that can pause between batches and go on later. */
import { bestCosineBound, radiusForCosine } from "../certificates/featureCosine.ts";
import { sampleCertificate } from "../certificates/sampler.ts";
import type { ScoreEstimate } from "../certificates/sampler.ts";
import type { EmbedImages } from "./labContext.ts";
import type { CertificateResult, CosineBounds } from "./results.ts";
import type { CertificateSpec } from "./spec.ts";

/** Small batches keep the lab responsive: a newer request waits for one at most. */
const BATCH = 2;
const CURVE_POINTS = 61;

/**
 * A running estimate. It outlives the request that started it: a slider drag stops pulling, the next request goes on
 * where it stopped, and no draw is made twice.
 */
export interface RunningCertificate {
  /** What looks at the next batch; the same model may have been closed and opened again since the last one. */
  embed: EmbedImages;
  readonly generator: AsyncGenerator<ScoreEstimate, void>;
  /** Unit features of the noisy copies so far. */
  readonly draws: readonly Float32Array[];
  latest: ScoreEstimate | undefined;
  finished: boolean;
  readonly history: { readonly n: number[]; readonly scoreLower: number[] };
}

/** Whose features around which picture. */
export interface CertifiedSubject {
  readonly embed: EmbedImages;
  readonly image: Float32Array;
  /** Of the picture itself, unsmoothed. */
  readonly embedding: Float32Array;
}

/** A batch in two halves at once, where another core helps: each picture gets the feature it would get here. */
export function embedding(
  here: EmbedImages,
  elsewhere: () => EmbedImages | undefined,
): EmbedImages {
  return async (images) => {
    const helper = images.length > 1 ? elsewhere() : undefined;
    if (!helper) return here(images);
    const half = Math.ceil(images.length / 2);
    const [mine, theirs] = await Promise.all([
      here(images.slice(0, half)),
      // A helper that is lost costs time, not the run.
      helper(images.slice(half)).catch(() => here(images.slice(half))),
    ]);
    return [...mine, ...theirs];
  };
}

/** @param draws features of draws made before with the same sigma and seed; new ones are added (see sampleCertificate). */
export function startCertificate(
  { embed, image, embedding }: CertifiedSubject,
  spec: CertificateSpec,
  draws: Float32Array[],
  yieldToHost: () => Promise<void>,
): RunningCertificate {
  const { sigma, alpha, maxSamples, seed } = spec;
  const running: RunningCertificate = {
    embed,
    draws,
    generator: sampleCertificate(
      (batch) => running.embed(batch),
      image,
      embedding,
      { sigma, alpha, maxSamples, seed, batch: BATCH },
      // Whoever pulls decides when to stop.
      { signal: { aborted: false }, yieldToHost },
      draws,
    ),
    latest: undefined,
    finished: false,
    history: { n: [], scoreLower: [] },
  };
  return running;
}

/** One more batch; false when all samples are drawn. */
export async function continueCertificate(running: RunningCertificate): Promise<boolean> {
  const step = await running.generator.next();
  if (step.done) {
    running.finished = true;
    return false;
  }
  running.latest = step.value;
  running.history.n.push(step.value.n);
  running.history.scoreLower.push(step.value.scoreLower);
  return true;
}

/** Most of them up to where the bounds end, and closer there, where they fall steeply; the rest beyond. */
function curveRadii(radius: number, reach: number): Float32Array {
  const within = radius > 0 ? Math.round(0.8 * CURVE_POINTS) : 0;
  return Float32Array.from({ length: CURVE_POINTS }, (_, k) => {
    if (k < within) return radius * (1 - (1 - k / within) ** 2);
    return radius + ((reach - radius) * (k - within)) / (CURVE_POINTS - 1 - within);
  });
}

/** Certified at a radius of `ratio` sigmas. */
function boundsAt(scoreLower: number, ratio: number): CosineBounds<number> {
  return {
    toClean: bestCosineBound(scoreLower, ratio, "clean"),
    toSmoothedClean: bestCosineBound(scoreLower, ratio, "smoothedClean"),
  };
}

/** The estimate as bounds over l2 radius, with the stack's own l2 on the same axis. */
export function certificateResult(
  running: RunningCertificate,
  estimate: ScoreEstimate,
  spec: CertificateSpec,
  stackL2: number,
): CertificateResult {
  const { sigma } = spec;
  const lower = estimate.scoreLower;
  const radius = sigma * radiusForCosine(lower, 0, "A");
  const radii = curveRadii(radius, Math.max(2.5 * sigma, 1.15 * radius));
  return {
    n: estimate.n,
    maxSamples: spec.maxSamples,
    sigma,
    alpha: spec.alpha,
    seed: spec.seed,
    score: estimate.score,
    scoreLower: lower,
    radius,
    curve: {
      radius: radii,
      toClean: radii.map((r) => boundsAt(lower, r / sigma).toClean),
      toSmoothedClean: radii.map((r) => boundsAt(lower, r / sigma).toSmoothedClean),
    },
    stackL2,
    atStack: boundsAt(lower, stackL2 / sigma),
    history: { n: [...running.history.n], scoreLower: [...running.history.scoreLower] },
  };
}
