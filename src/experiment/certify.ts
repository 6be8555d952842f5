/** The certified cosine bound as it tightens: a sampler that can pause between batches and go on later. */
import { bestCosineBound, radiusForCosine } from "../certificates/featureCosine.ts";
import { samplePiloted } from "../certificates/pilotedSampler.ts";
import type { PilotedDraws, PilotedEstimate } from "../certificates/pilotedSampler.ts";
import { noisyDraws, sampleCertificate } from "../certificates/sampler.ts";
import { cosine, l2Norm } from "../tensor/norms.ts";
import type { EmbedImages, NoisyCopies } from "./labContext.ts";
import type { CertificateResult, CosineBounds } from "./results.ts";
import type { CertificateSpec, CertifiedFeature } from "./spec.ts";
import type { Encoding } from "../model/visionLanguageModel.ts";
import type { System } from "../system/system.ts";

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
  /** Null while a pilot is drawn. */
  readonly generator: AsyncGenerator<Estimate | null, void>;
  /** Of the noisy copies so far: what CertificateDraws holds of each. */
  readonly draws: Float32Array[];
  /** A feature as the draws hold it, where no pilot is drawn. */
  readonly kept: (feature: Float32Array) => Float32Array;
  readonly feature: CertifiedFeature;
  latest: Estimate | undefined;
  finished: boolean;
  readonly history: { readonly n: number[]; readonly scoreLower: number[] };
}

/** Where no pilot was asked for, the smoothed feature's length is bounded by the score itself. */
type Estimate = Pick<PilotedEstimate, "n" | "score" | "scoreLower"> &
  Partial<Pick<PilotedEstimate, "smoothedLower">>;

/** Whose features around which picture. */
export interface CertifiedSubject {
  readonly embed: EmbedImages;
  readonly image: Float32Array;
  readonly feature: CertifiedFeature;
  /** The feature of the picture itself, unsmoothed. */
  readonly cleanFeature: Float32Array;
}

/**
 * What is kept of the draws of one encoder, picture, feature, noise, seed and pilot, in `cosines`: embeddings without a pilot,
 * cosines with one, and of all tokens cosine and sine to the clean ones, which are enough and small.
 */
export type CertificateDraws = PilotedDraws;

/** The feature of a system that is certified, and what gives it. */
export interface CertifiedSide {
  readonly feature: CertifiedFeature;
  readonly embed: EmbedImages;
}

/** @param asked absent: "embedding". Where no one encoding stands behind the answers, it is the embedding all the same. */
export function certifiedSide(system: System, asked?: CertifiedFeature): CertifiedSide {
  const { halves } = system;
  if (asked !== "tokens" || !halves) {
    return { feature: "embedding", embed: (images) => system.embed(images) };
  }
  const embed: EmbedImages = async (images) => {
    const features: Float32Array[] = [];
    for (const image of images) {
      features.push(tokenVector(await halves.encode(image, { maps: false })));
    }
    return features;
  };
  return { feature: "tokens", embed };
}

/** All image tokens of a picture as one unit vector [T * D], in their order: what the answering side reads. */
export function tokenVector({ tokens: { data } }: Encoding): Float32Array {
  const norm = l2Norm(data);
  return data.map((value) => value / norm);
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

/** The pictures, and the noisy copies behind them. */
export function withNoisyCopies(
  images: readonly Float32Array[],
  copies?: NoisyCopies,
): readonly Float32Array[] {
  if (!copies) return images;
  return [...images, ...noisyDraws(copies.of, copies)(copies.from, copies.count)];
}

/** @param draws made before with the same sigma, seed and pilot; new ones are added. */
export function startCertificate(
  { embed, image, feature, cleanFeature }: CertifiedSubject,
  spec: CertificateSpec,
  draws: CertificateDraws,
  yieldToHost: () => Promise<void>,
): RunningCertificate {
  const { sigma, alpha, maxSamples, seed, pilot = 0 } = spec;
  const options = { sigma, alpha, maxSamples, seed, batch: BATCH };
  // Whoever pulls decides when to stop.
  const context = { signal: { aborted: false }, yieldToHost };
  const encode = (batch: Float32Array[]) => running.embed(batch);
  const isPlane = feature === "tokens";
  const kept = (each: Float32Array) => (isPlane ? cosineAndSine(each, cleanFeature) : each);
  const generator =
    pilot > 0
      ? samplePiloted(
          encode,
          { clean: image, cleanFeature },
          { ...options, pilot },
          { ...context, known: draws },
        )
      : sampleCertificate(
          async (batch) => (await encode(batch)).map(kept),
          { clean: image, cleanFeature: isPlane ? Float32Array.of(1, 0) : cleanFeature },
          options,
          { ...context, known: draws.cosines },
        );
  const running: RunningCertificate = {
    embed,
    draws: draws.cosines,
    kept,
    feature,
    generator,
    latest: undefined,
    finished: false,
    history: { n: [], scoreLower: [] },
  };
  return running;
}

/** A unit feature in the plane of itself and the clean one, which is (1, 0) there. */
export function cosineAndSine(feature: Float32Array, clean: Float32Array): Float32Array {
  const along = Math.min(1, cosine(feature, clean));
  return Float32Array.of(along, Math.sqrt(1 - along * along));
}

/** One more batch; false when all samples are drawn. */
export async function continueCertificate(running: RunningCertificate): Promise<boolean> {
  const step = await running.generator.next();
  if (step.done) {
    running.finished = true;
    return false;
  }
  if (!step.value) return true;
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
function boundsAt({ toClean, toSmoothedClean }: CosineBounds<number>, ratio: number) {
  return {
    toClean: bestCosineBound(toClean, ratio, "clean"),
    toSmoothedClean: bestCosineBound(toSmoothedClean, ratio, "smoothedClean"),
  };
}

/** The estimate as bounds over l2 radius, with the stack's own l2 on the same axis. */
export function certificateResult(
  running: RunningCertificate,
  estimate: Estimate,
  spec: CertificateSpec,
  stackL2: number,
): CertificateResult {
  const { sigma } = spec;
  const { scoreLower: toClean, smoothedLower: toSmoothedClean = toClean } = estimate;
  const lower = { toClean, toSmoothedClean };
  const reachOf = (score: number) => sigma * radiusForCosine(score, 0, "A");
  const reach = { toClean: reachOf(toClean), toSmoothedClean: reachOf(toSmoothedClean) };
  const widest = Math.max(reach.toClean, reach.toSmoothedClean);
  const radii = curveRadii(widest, Math.max(2.5 * sigma, 1.15 * widest));
  return {
    feature: running.feature,
    pilot: spec.pilot ?? 0,
    n: estimate.n,
    maxSamples: spec.maxSamples,
    sigma,
    alpha: spec.alpha,
    seed: spec.seed,
    score: estimate.score,
    scoreLower: toClean,
    smoothedNormLower: Math.max(0, 2 * toSmoothedClean - 1),
    radius: reach.toClean,
    reach,
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
