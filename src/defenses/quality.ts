/**
 * Numbers that tell how a film was made, from its pixels alone, each with the way back: a gate that looks at them can be
 * attacked through them. Pictures are size x size grey values in [0,1].
 */

export interface Measured {
  readonly value: number;
  /** Adds `cotangent` times the derivative to `into`. */
  addGradient(cotangent: number, into: Float64Array): void;
}

export interface Feature {
  readonly id: FeatureId;
  readonly label: string;
  readonly unit: string;
  measure(image: Float32Array, size: number): Measured;
}

export type FeatureId = "noise" | "sharpness" | "gridPeak" | "exposure" | "ink";

/** What a feature's logarithm stays above: the picture has 255 levels. */
const LEAST = 1e-4;

/** [1 -2 1] both ways (Immerkaer 1996): blind to plain slopes, so that what is left is mostly noise. */
const NOISE_MASK = [1, -2, 1, -2, 4, -2, 1, -2, 1];

/** The standard deviation of additive noise by Immerkaer's mean square, in its natural logarithm. */
const noise: Feature = {
  id: "noise",
  label: "Noise level, log of its standard deviation",
  unit: "",
  measure(image, size) {
    const inner = (size - 2) ** 2;
    const responses = masked(image, size, NOISE_MASK);
    const variance = responses.reduce((sum, v) => sum + v * v, 0) / (36 * inner) + LEAST ** 2;
    return {
      value: 0.5 * Math.log(variance),
      addGradient(cotangent, into) {
        const factor = cotangent / variance / (36 * inner);
        spread(
          responses.map((v) => factor * v),
          size,
          NOISE_MASK,
          into,
        );
      },
    };
  },
};

const LAPLACIAN = [0, 1, 0, 1, -4, 1, 0, 1, 0];

/** Mean squared Laplacian, in its natural logarithm: falls with blur and rises with noise. */
const sharpness: Feature = {
  id: "sharpness",
  label: "Sharpness, log of the mean squared Laplacian",
  unit: "",
  measure(image, size) {
    const inner = (size - 2) ** 2;
    const responses = masked(image, size, LAPLACIAN);
    const power = responses.reduce((sum, v) => sum + v * v, 0) / inner;
    return {
      value: Math.log(power + LEAST ** 2),
      addGradient(cotangent, into) {
        const factor = (2 * cotangent) / inner / (power + LEAST ** 2);
        spread(
          responses.map((v) => factor * v),
          size,
          LAPLACIAN,
          into,
        );
      },
    };
  },
};

const exposure: Feature = {
  id: "exposure",
  label: "Exposure, mean grey value",
  unit: "",
  measure: (image) => ({
    value: image.reduce((sum, v) => sum + v, 0) / image.length,
    addGradient(cotangent, into) {
      const each = cotangent / image.length;
      for (let i = 0; i < into.length; i++) into[i]! += each;
    },
  }),
};

/** Grey value from which two neighbours are ink, and how softly it is told. */
const INK = 0.96;
const SOFTNESS = 0.01;
const LEAST_SHARE = 1e-3;

/** Share of neighbours that are both white: letters, stickers and painted patches are, bone and stray noise hardly. */
const ink: Feature = {
  id: "ink",
  label: "White marks, log of their share of the picture",
  unit: "",
  measure(image, size) {
    const white = Float64Array.from(image, (v) => logistic((v - INK) / SOFTNESS));
    const pairs = 2 * size * (size - 1);
    let share = LEAST_SHARE;
    eachPair(size, (a, b) => {
      share += (white[a]! * white[b]!) / pairs;
    });
    return {
      value: Math.log(share),
      addGradient(cotangent, into) {
        const factor = cotangent / share / pairs / SOFTNESS;
        eachPair(size, (a, b) => {
          const both = factor * white[a]! * white[b]!;
          into[a]! += both * (1 - white[a]!);
          into[b]! += both * (1 - white[b]!);
        });
      },
    };
  },
};

/** Frequencies in which an anti-scatter grid shows, cycles per pixel; below them is the patient. */
const GRID_BAND = [0.1, 0.49] as const;
/** Neighbours on either side that a peak is held against, and those nearest it that are left out. */
const AROUND = 6;
const OWN = 1;
const LEAST_POWER = 1e-9;

/** How far the strongest line in the spectrum of the mean row or mean column stands above its neighbours, in nats. */
const gridPeak: Feature = {
  id: "gridPeak",
  label: "Grid lines, log of the peak over its neighbours",
  unit: "nats",
  measure(image, size) {
    const lines = strongestLine(image, size);
    const around = mean(lines.around.map(({ power }) => power)) + LEAST_POWER;
    const peak = lines.peak.power + LEAST_POWER;
    return {
      value: Math.log(peak) - Math.log(around),
      addGradient(cotangent, into) {
        const profile = new Float64Array(size);
        addPower(lines.peak, cotangent / peak, profile);
        for (const wave of lines.around) {
          addPower(wave, -cotangent / around / lines.around.length, profile);
        }
        for (let i = 0; i < into.length; i++) {
          into[i]! += profile[lines.level ? Math.floor(i / size) : i % size]! / size;
        }
      },
    };
  },
};

export const FEATURES: readonly Feature[] = [noise, sharpness, gridPeak, exposure, ink];

/** One frequency of a profile. */
interface Wave {
  readonly k: number;
  readonly re: number;
  readonly im: number;
  readonly power: number;
}

export interface Line {
  /** The lines lie level: the mean over each row shows them. */
  readonly level: boolean;
  readonly peak: Wave;
  readonly around: readonly Wave[];
}

/** The frequency that stands out most, of both profiles. */
export function strongestLine(image: Float32Array, size: number): Line {
  let best: Line | undefined;
  let highest = -Infinity;
  for (const level of [true, false]) {
    const waves = spectrum(profileOf(image, size, level));
    const [from, to] = GRID_BAND.map((f) => Math.round(f * size)) as [number, number];
    for (let k = from; k <= to; k++) {
      const around = waves.filter(
        (wave) => Math.abs(wave.k - k) > OWN && Math.abs(wave.k - k) <= AROUND,
      );
      const ratio =
        (waves[k]!.power + LEAST_POWER) / (mean(around.map((w) => w.power)) + LEAST_POWER);
      if (ratio <= highest) continue;
      highest = ratio;
      best = { level, peak: waves[k]!, around };
    }
  }
  return best!;
}

/** Mean of each row (level) or of each column. */
export function profileOf(image: Float32Array, size: number, level: boolean): Float64Array {
  const profile = new Float64Array(size);
  image.forEach((value, i) => {
    profile[level ? Math.floor(i / size) : i % size]! += value / size;
  });
  return profile;
}

function spectrum(profile: Float64Array): readonly Wave[] {
  const n = profile.length;
  return Array.from({ length: Math.floor(n / 2) + 1 }, (_, k) => {
    let [re, im] = [0, 0];
    profile.forEach((value, i) => {
      // k i modulo n keeps the angle small, and exact.
      const angle = (2 * Math.PI * ((k * i) % n)) / n;
      re += (value * Math.cos(angle)) / n;
      im -= (value * Math.sin(angle)) / n;
    });
    return { k, re, im, power: re * re + im * im };
  });
}

function addPower({ k, re, im }: Wave, cotangent: number, into: Float64Array): void {
  const n = into.length;
  for (let i = 0; i < n; i++) {
    const angle = (2 * Math.PI * ((k * i) % n)) / n;
    into[i]! += ((2 * cotangent) / n) * (re * Math.cos(angle) - im * Math.sin(angle));
  }
}

/** A 3x3 mask over the inner pixels, (size - 2)^2 values. */
function masked(image: Float32Array, size: number, mask: readonly number[]): Float64Array {
  const inner = size - 2;
  return Float64Array.from({ length: inner * inner }, (_, i) => {
    const corner = Math.floor(i / inner) * size + (i % inner);
    let sum = 0;
    for (let m = 0; m < 9; m++)
      sum += mask[m]! * image[corner + Math.floor(m / 3) * size + (m % 3)]!;
    return sum;
  });
}

/** Adds the transpose of `masked`. */
function spread(
  cotangents: Float64Array,
  size: number,
  mask: readonly number[],
  into: Float64Array,
): void {
  const inner = size - 2;
  cotangents.forEach((g, i) => {
    const corner = Math.floor(i / inner) * size + (i % inner);
    for (let m = 0; m < 9; m++) into[corner + Math.floor(m / 3) * size + (m % 3)]! += g * mask[m]!;
  });
}

function eachPair(size: number, visit: (a: number, b: number) => void): void {
  for (let i = 0; i < size * size; i++) {
    if ((i + 1) % size !== 0) visit(i, i + 1);
    if (i + size < size * size) visit(i, i + size);
  }
}

function logistic(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
