/**
 * The score of every token by itself: pilot draws give each token its direction, the draws after them a lower bound of the
 * smoothed token's length. All bounds hold at once: each has its share of the error rate.
 */
import type { Host } from "../host/host.ts";
import { dot, l2Norm } from "../tensor/norms.ts";
import { gridBet } from "./gridBet.ts";
import { COSINE_SLACK, alphaForBound, noisyDraws } from "./sampler.ts";
import type { PilotedOptions } from "./pilotedSampler.ts";

/** Copies looked at so far, the pilot's included. */
export interface TokenStep {
  readonly done: number;
  readonly total: number;
}

/** Looks at all copies, then bounds. @returns lower bounds of (1 + |smoothed token|) / 2, [tokens] */
export async function* tokenBounds(
  encode: (batch: Float32Array[]) => Promise<Float32Array[]>,
  { clean, tokens }: { readonly clean: Float32Array; readonly tokens: number },
  options: PilotedOptions,
  { signal, yieldToHost }: Host,
): AsyncGenerator<TokenStep, Float64Array | undefined> {
  const { pilot, maxSamples, batch } = options;
  // A statement about every token is one about the worst of them.
  const alpha = alphaForBound(options, clean.length) / tokens;
  const total = pilot + maxSamples;
  const sums: Float64Array[] = [];
  const scores: Float32Array[] = [];
  for (const phase of ["pilot", "draw"] as const) {
    const count = phase === "pilot" ? pilot : maxSamples;
    const draw = noisyDraws(clean, options, phase);
    for (let n = 0; n < count; n += batch) {
      yield { done: phase === "pilot" ? n : pilot + n, total };
      await yieldToHost();
      if (signal.aborted) return undefined;
      for (const feature of await encode(draw(n, Math.min(batch, count - n)))) {
        const units = unitTokens(feature, tokens);
        if (phase === "pilot") addTo(sums, units);
        else scores.push(scoresOf(units, sums));
      }
    }
  }
  const bounds = new Float64Array(tokens);
  for (let k = 0; k < tokens; k++) {
    if (k % 16 === 0) await yieldToHost();
    if (signal.aborted) return undefined;
    const bet = gridBet();
    for (const each of scores) bet.add(each[k]!);
    bounds[k] = bet.lowerBound(alpha);
  }
  return bounds;
}

/** Each token of a flat feature, at length 1. */
function unitTokens(feature: Float32Array, tokens: number): readonly Float32Array[] {
  const width = feature.length / tokens;
  return Array.from({ length: tokens }, (_, k) => {
    const token = feature.subarray(k * width, (k + 1) * width);
    const length = l2Norm(token);
    return token.map((value) => value / length);
  });
}

function addTo(sums: Float64Array[], units: readonly Float32Array[]): void {
  units.forEach((unit, k) => {
    const sum = (sums[k] ??= new Float64Array(unit.length));
    for (let i = 0; i < sum.length; i++) sum[i]! += unit[i]!;
  });
}

function scoresOf(units: readonly Float32Array[], sums: readonly Float64Array[]): Float32Array {
  return Float32Array.from(units, (unit, k) => {
    const cosine = dot(unit, sums[k]!) / l2Norm(sums[k]!);
    return Math.max(0, Math.min(1, (1 + cosine - COSINE_SLACK) / 2));
  });
}
