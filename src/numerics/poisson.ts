import { logGamma } from "./beta.ts";
import type { RandomStream } from "./random.ts";

/** A Poisson count with the given mean (>= 0): exact, for any mean below about 1e12. */
export function poisson(mean: number, random: RandomStream): number {
  return mean < 10 ? byMultiplication(mean, random) : byTransformedRejection(mean, random);
}

/** Counts arrivals until their exponential gaps fill the unit interval. */
function byMultiplication(mean: number, random: RandomStream): number {
  const limit = Math.exp(-mean);
  let product = random.uniform();
  let count = 0;
  while (product > limit) {
    product *= random.uniform();
    count++;
  }
  return count;
}

/** Algorithm PTRS of Hörmann (1993): rejection under a transformed uniform. */
function byTransformedRejection(mean: number, random: RandomStream): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const acceptBelow = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= acceptBelow) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    // Seldom needed: most draws are taken above.
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const hat = Math.log(v) + Math.log(inverseAlpha) - Math.log(a / (us * us) + b);
    if (hat <= k * Math.log(mean) - mean - logGamma(k + 1)) return k;
  }
}
