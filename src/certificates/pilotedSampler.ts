/**
 * The sampler with a pilot: a few draws of their own give a direction u near the smoothed feature's, the draws after them
 * bound <f^(x), u>, and the smoothed feature is at least that long. The norm then no longer rests on the distance between
 * noisy and clean features (2S - 1), which says little once the noise moves the features, however steadily it moves them.
 */
import type { Host } from "../host/host.ts";
import { cosine, l2Norm } from "../tensor/norms.ts";
import { gridBet } from "./gridBet.ts";
import { COSINE_SLACK, KNOWN_BETWEEN_PAUSES, alphaForBound, noisyDraws } from "./sampler.ts";
import type { SamplingOptions } from "./sampler.ts";

export interface PilotedOptions extends SamplingOptions {
  /** Draws that give the direction; none of them is counted. */
  readonly pilot: number;
}

export interface PilotedEstimate {
  /** Draws after the pilot. */
  readonly n: number;
  /** Mean of (1 + cos to the clean feature) / 2, and its lower bound; both bounds hold together at 1 - alpha. */
  readonly score: number;
  readonly scoreLower: number;
  /** Mean of (1 + cos to u) / 2, and its lower bound: the smoothed feature is at least 2 * smoothedLower - 1 long. */
  readonly smoothedScore: number;
  readonly smoothedLower: number;
}

/** What is kept between runs with the same encoder, picture, noise, seed and pilot. */
export interface PilotedDraws {
  direction: Float32Array | undefined;
  /** By draw: cosine to the clean feature, cosine to u. Features of all tokens are too large to keep. */
  readonly cosines: Float32Array[];
}

/**
 * Yields null after each batch of the pilot, then an estimate after each batch. The bounds are valid at every n. The pilot's draws have random streams of their own,
 * so that u is fixed before the draws that are counted, as the theorem asks.
 * @param encode a batch of images to their features; lengths other than 1 are divided out
 * @throws LabError "spec-invalid" as sampleCertificate
 */
export async function* samplePiloted(
  encode: (batch: Float32Array[]) => Promise<Float32Array[]>,
  subject: { readonly clean: Float32Array; readonly cleanFeature: Float32Array },
  options: PilotedOptions,
  context: Host & { readonly known: PilotedDraws },
): AsyncGenerator<PilotedEstimate | null, void> {
  const { clean, cleanFeature } = subject;
  const { maxSamples, batch } = options;
  // Two statements from the same draws share the error rate.
  const alpha = alphaForBound(options, clean.length) / 2;
  const { known } = context;
  known.direction ??= yield* direction(encode, subject, options, context);
  if (!known.direction) return;
  const u = known.direction;
  const draw = noisyDraws(clean, options, "draw");
  const [toClean, toPilot] = [gridBet(), gridBet()];
  let counted = 0;
  for (let n = 0; n < maxSamples; n += batch) {
    const count = Math.min(batch, maxSamples - n);
    const isDrawn = known.cosines.length < n + count;
    if (isDrawn || ++counted % KNOWN_BETWEEN_PAUSES === 0) await context.yieldToHost();
    if (context.signal.aborted) return;
    if (isDrawn) {
      const features = await encode(draw(n, count));
      const cosines = features.map((f) => Float32Array.of(cosine(f, cleanFeature), cosine(f, u)));
      known.cosines.splice(n, count, ...cosines);
    }
    for (const [c, p] of known.cosines.slice(n, n + count)) {
      toClean.add(Math.max(0, (1 + c! - COSINE_SLACK) / 2));
      toPilot.add(Math.max(0, (1 + p! - COSINE_SLACK) / 2));
    }
    if (context.signal.aborted) return;
    const scoreLower = toClean.lowerBound(alpha);
    yield {
      n: toClean.count,
      score: toClean.mean,
      scoreLower,
      smoothedScore: toPilot.mean,
      // Both directions bound the same norm, and both bounds hold together: the better one may be taken.
      smoothedLower: Math.max(scoreLower, toPilot.lowerBound(alpha)),
    };
  }
}

/** Mean of the pilot's unit features; its length does not matter. Null after each batch, so that it can be stopped. */
async function* direction(
  encode: (batch: Float32Array[]) => Promise<Float32Array[]>,
  { clean, cleanFeature }: { readonly clean: Float32Array; readonly cleanFeature: Float32Array },
  { pilot, ...options }: PilotedOptions,
  { signal, yieldToHost }: Host,
): AsyncGenerator<null, Float32Array | undefined> {
  const draw = noisyDraws(clean, options, "pilot");
  const sum = new Float64Array(cleanFeature.length);
  for (let n = 0; n < pilot; n += options.batch) {
    await yieldToHost();
    if (signal.aborted) return undefined;
    for (const feature of await encode(draw(n, Math.min(options.batch, pilot - n)))) {
      const length = l2Norm(feature);
      for (let i = 0; i < sum.length; i++) sum[i]! += feature[i]! / length;
    }
    yield null;
  }
  return Float32Array.from(sum);
}
