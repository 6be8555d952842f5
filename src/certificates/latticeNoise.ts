/**
 * Gaussian noise on the 8-bit lattice. The lemma behind the certificates assumes real arithmetic; float noise added to a
 * float image leaks the image through its low bits (Voracek & Hein, ICLR 2023). For an image of levels k/255 rounding
 * commutes with the noise, round(x + eta) = x + round(eta), so integer noise with the probabilities of the rounded
 * Gaussian makes the whole pipeline a fixed function of x + eta: the guarantee is exact, for every 8-bit image in the
 * radius.
 */
import { LabError, fault } from "../errors/labError.ts";
import { normalCdf } from "../numerics/normal.ts";
import type { RandomStream } from "../numerics/random.ts";

export interface LatticeNoise {
  /** Standard deviation in model space, [0, 1]. */
  readonly sigma: number;
  /** Largest magnitude drawn, in grey levels of 255; what lies beyond has no probability in 53 bits. */
  readonly limit: number;
  /** One draw in grey levels. */
  draw(random: RandomStream): number;
  /** P(draw = level) of the exact distribution. */
  probability(level: number): number;
  /**
   * Upper bound on the total variation distance per draw between this sampler and the exact distribution, which comes
   * from the finite number of random bits: n images of d pixels add n d times this to the error rate.
   */
  readonly deviation: number;
}

/** Uniform draws have this many random bits. */
const RANDOM_BITS = 53;
/** Beyond this many standard deviations a tail has less mass than 2^-53. */
const REACH = 8.3;
const GUIDE = 4096;

/** @throws LabError "spec-invalid" unless 0 < sigma <= 2. */
export function latticeNoise(sigma: number): LatticeNoise {
  if (!(sigma > 0 && sigma <= 2)) {
    throw new LabError("spec-invalid", `The noise level sigma is ${sigma}, outside 0 to 2.`, {
      hint: "0.05 to 0.5 is useful for images in [0, 1].",
    });
  }
  const scale = 1 / (255 * sigma);
  const limit = Math.ceil(REACH / scale);
  // thresholds[i] = P(level <= i - limit); a uniform draw u belongs to the first level whose threshold exceeds it.
  const thresholds = Float64Array.from({ length: 2 * limit + 1 }, (_, i) =>
    i === 2 * limit ? 1 : normalCdf((i - limit + 0.5) * scale),
  );
  // Where the search starts for each 1/4096 of the unit interval.
  const guide = new Int32Array(GUIDE);
  for (let cell = 0, i = 0; cell < GUIDE; cell++) {
    while (thresholds[i]! <= cell / GUIDE) i++;
    guide[cell] = i;
  }
  return {
    sigma,
    limit,
    draw(random) {
      const u = random.uniform();
      let i = guide[Math.floor(u * GUIDE)]!;
      while (thresholds[i]! <= u) i++;
      return i - limit;
    },
    probability: (level) => normalCdf((level + 0.5) * scale) - normalCdf((level - 0.5) * scale),
    deviation: (thresholds.length * 2 ** -RANDOM_BITS) / 2,
  };
}

/**
 * The grey levels 0..255 of an image whose pixels are k/255.
 * @throws LabError "internal" for any other image: its certificate would be about a different picture.
 */
export function latticeLevels(image: Float32Array): Uint8Array {
  const levels = new Uint8Array(image.length);
  for (let i = 0; i < image.length; i++) {
    const level = Math.round(image[i]! * 255);
    if (!(Math.abs(image[i]! * 255 - level) < 1e-3 && level >= 0 && level <= 255)) {
      throw fault(`pixel ${i} is ${image[i]}, not a multiple of 1/255`);
    }
    levels[i] = level;
  }
  return levels;
}

/** The image plus fresh noise, clipped to [0, 1]. @param levels from `latticeLevels`. */
export function noisyImage(
  levels: Uint8Array,
  noise: LatticeNoise,
  random: RandomStream,
): Float32Array {
  const out = new Float32Array(levels.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = Math.max(0, Math.min(255, levels[i]! + noise.draw(random))) / 255;
  }
  return out;
}
