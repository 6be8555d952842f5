import type { RandomStream } from "../numerics/random.ts";
import { l2Norm, linfNorm } from "../tensor/norms.ts";
import type { Norm } from "../tensor/norms.ts";
import { defineQueryAttack } from "./define.ts";

/** Cosines a side that a direction is made of: an estimate in 784 numbers needs far fewer queries than one in 50,176. */
const WAVES = 28;
/** Antithetic pairs of queries for one step. */
const PAIRS = 10;

/**
 * Natural evolution strategies (Ilyas et al. 2018) among low spatial frequencies (Guo, Frank & Weinberger 2019): the slope
 * along random smooth directions from pairs of questions, then a step of a quarter of epsilon along their mean.
 */
export const nes = defineQueryAttack({
  id: "nes",
  label: "NES, low frequencies",
  help: "Estimates a gradient from pairs of questions along random smooth patterns, and steps along it; needs answers only, no gradient.",
  norms: ["linf", "l2"],
  settings: ["queries"],
  begin({ origin, options, random }) {
    const side = Math.sqrt(origin.length);
    const { epsilon, norm } = options;
    // Half of the ball: a picture of whole grey levels does not see less.
    const reach = epsilon / 2;
    let center = origin;
    let estimate: Float64Array = new Float64Array(origin.length);
    let direction: Float64Array = new Float64Array(origin.length);
    let plus = 0;
    let pairs = 0;
    let asked: "centre" | "plus" | "minus" = "centre";

    const along = (sign: number): Float32Array =>
      Float32Array.from(center, (value, i) => value + sign * reach * direction[i]!);

    const nextPair = (): Float32Array => {
      direction = smoothPattern(side, random, norm);
      asked = "plus";
      return along(1);
    };

    const stepped = (): Float32Array => {
      const size = l2Norm(estimate) || 1;
      return Float32Array.from(center, (value, i) => {
        const slope = estimate[i]!;
        return value + (epsilon / 4) * (norm === "linf" ? Math.sign(slope) : slope / size);
      });
    };

    return {
      next({ x, loss }) {
        if (asked === "centre") {
          center = x;
          estimate = new Float64Array(origin.length);
          pairs = 0;
          return nextPair();
        }
        if (asked === "plus") {
          plus = loss;
          asked = "minus";
          return along(-1);
        }
        for (let i = 0; i < estimate.length; i++) estimate[i]! += (plus - loss) * direction[i]!;
        pairs++;
        if (pairs < PAIRS) return nextPair();
        asked = "centre";
        return stepped();
      },
    };
  },
});

/** A random sum of slow cosines over a square of pixels, of length 1 in the norm. */
function smoothPattern(side: number, random: RandomStream, norm: Norm): Float64Array {
  const waves = Math.min(WAVES, side);
  const cosines = Float64Array.from({ length: waves * side }, (_, k) =>
    Math.cos((Math.PI * (2 * (k % side) + 1) * Math.floor(k / side)) / (2 * side)),
  );
  const across = new Float64Array(waves * side);
  for (let v = 0; v < waves; v++) {
    for (let u = 0; u < waves; u++) {
      const weight = random.normal();
      for (let x = 0; x < side; x++) across[v * side + x]! += weight * cosines[u * side + x]!;
    }
  }
  const out = new Float64Array(side * side);
  for (let v = 0; v < waves; v++) {
    for (let y = 0; y < side; y++) {
      const weight = cosines[v * side + y]!;
      for (let x = 0; x < side; x++) out[y * side + x]! += weight * across[v * side + x]!;
    }
  }
  const size = norm === "linf" ? linfNorm(out) : l2Norm(out);
  return out.map((value) => value / size);
}
