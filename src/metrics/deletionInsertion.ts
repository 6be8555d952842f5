/**
 * Faithfulness of a saliency map by taking pixels away (Petsiuk, Das & Saenko 2018): deletion replaces the most salient
 * pixels first, insertion reveals them first on a substrate; sufficiency and comprehensiveness (DeYoung et al. 2020) keep
 * or remove the top share only.
 */
import type { Host } from "../host/host.ts";
import { gaussianBlur } from "../image/blur.ts";
import { mean } from "../numerics/sums.ts";

/** What stands where a pixel was taken away; the ranking of methods depends on it, so it is always stated. */
export type Substrate = "black" | "mean" | "blur";

/** Probability that the model gives to the answer under study (its own clean answer, fixed beforehand). */
export type Score = (image: Float32Array) => Promise<number>;

export interface CurvePoint {
  /** Share of pixels deleted or inserted, [0, 1]. */
  readonly share: number;
  readonly score: number;
}

export function substrateImage(
  image: Float32Array,
  rows: number,
  cols: number,
  substrate: Substrate,
): Float32Array {
  switch (substrate) {
    case "black":
      return new Float32Array(image.length);
    case "mean":
      return new Float32Array(image.length).fill(mean(image));
    case "blur":
      // 5 pixels at 224, the setting of the method's authors.
      return gaussianBlur({ rows, cols, data: image }, (5 * cols) / 224).data;
  }
}

/** Pixel indices from most to least salient; ties in reading order. @param saliency one value per pixel. */
export function saliencyOrder(saliency: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: saliency.length }, (_, i) => i).sort(
    (a, b) => saliency[b]! - saliency[a]! || a - b,
  );
}

/** The image with the first `count` pixels of an order taken from the other image. */
export function withPixelsFrom(
  image: Float32Array,
  other: Float32Array,
  order: Uint32Array,
  count: number,
): Float32Array {
  const out = image.slice();
  for (let k = 0; k < count; k++) out[order[k]!] = other[order[k]!]!;
  return out;
}

/** A picture, what stands for a pixel that is taken out, and the order in which they go. */
export interface Ranked {
  readonly image: Float32Array;
  readonly blank: Float32Array;
  readonly order: Uint32Array;
}

/**
 * The curve of one mode, point by point from share 0 to 1, so that it can be drawn while it runs.
 * @param steps points after the first.
 */
export async function* rankingCurve(
  mode: "deletion" | "insertion",
  score: Score,
  { image, blank, order, steps }: Ranked & { readonly steps: number },
  context: Host,
): AsyncGenerator<CurvePoint, void> {
  const [from, to] = mode === "deletion" ? [image, blank] : [blank, image];
  for (let step = 0; step <= steps; step++) {
    await context.yieldToHost();
    if (context.signal.aborted) return;
    const share = step / steps;
    const count = Math.round(share * order.length);
    yield { share, score: await score(withPixelsFrom(from, to, order, count)) };
  }
}

/** Area under equally spaced points by the trapezoid rule, the range of shares taken as 1. NaN for fewer than two. */
export function curveArea(scores: readonly number[]): number {
  if (scores.length < 2) return NaN;
  const sum = scores.reduce((a, b) => a + b, 0);
  return (sum - scores[0]! / 2 - scores.at(-1)! / 2) / (scores.length - 1);
}

export interface Rationale {
  /** Score lost when only the top pixels are left; low is faithful. Mean over the shares. */
  readonly sufficiency: number;
  /** Score lost when the top pixels are removed; high is faithful. Mean over the shares. */
  readonly comprehensiveness: number;
}

const TOP_SHARES = [0.01, 0.05, 0.1, 0.2, 0.5] as const;

/** Sufficiency and comprehensiveness at 1, 5, 10, 20 and 50 % of the pixels. */
export async function rationale(
  score: Score,
  { image, blank, order }: Ranked,
  shares: readonly number[] = TOP_SHARES,
): Promise<Rationale> {
  const full = await score(image);
  let sufficiency = 0;
  let comprehensiveness = 0;
  for (const share of shares) {
    const count = Math.round(share * order.length);
    sufficiency += full - (await score(withPixelsFrom(blank, image, order, count)));
    comprehensiveness += full - (await score(withPixelsFrom(image, blank, order, count)));
  }
  return {
    sufficiency: sufficiency / shares.length,
    comprehensiveness: comprehensiveness / shares.length,
  };
}
