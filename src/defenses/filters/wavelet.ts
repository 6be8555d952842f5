import { LabError } from "../../errors/labError.ts";
import { filterDefense } from "../filterDefense.ts";

/** Daubechies 1988, two vanishing moments: the low-pass analysis filter; the high-pass is its mirror with signs. */
const ROOT3 = Math.sqrt(3);
const LOW = [1 - ROOT3, 3 - ROOT3, 3 + ROOT3, 1 + ROOT3].map((v) => v / (4 * Math.SQRT2));
const HIGH = LOW.map((_, k) => (k % 2 === 0 ? -1 : 1) * LOW[3 - k]!);

/**
 * Soft shrinkage of the details (Donoho 1995): each detail coefficient moves towards 0 by the threshold. The transform is
 * orthonormal and periodic, so the gradient is: transform, keep where a coefficient survived, transform back; exact but
 * where a coefficient equals the threshold.
 */
export const wavelet = filterDefense({
  id: "wavelet",
  label: "Wavelet shrinkage",
  help: "Splits the picture into scales and moves every small detail towards zero, which removes noise of that size. Faint findings are small details too, and its own gradient is flat over them: an attacker who knows that goes back as if the filter were not there.",
  source: "Donoho 1995, De-noising by Soft-Thresholding; Daubechies wavelet with two moments",
  params: {
    threshold: {
      label: "Threshold",
      unit: "/255",
      min: 0,
      max: 64,
      step: 1,
      default: 10,
      help: "Details move towards zero by this much, in grey levels of 255 of the orthonormal transform. 0 leaves the picture exactly as it is.",
    },
    levels: {
      label: "Scales",
      unit: "",
      min: 1,
      max: 5,
      step: 1,
      default: 3,
      integer: true,
      help: "How many halvings the transform makes: details of 2, 4, 8 and so on pixels.",
    },
  },
  strength: "threshold",
  gradient: "exact",
  masks: true,
  filter: (size, { threshold = 0, levels = 1 }) => {
    if (size % 2 ** levels !== 0) {
      throw new LabError(
        "spec-invalid",
        `Wavelet shrinkage over ${levels} scales halves the picture ${levels} times, and ${size} pixels do not divide so often.`,
        { hint: "Choose fewer scales." },
      );
    }
    const shrink = threshold / 255;
    const coarse = size / 2 ** levels;
    const isDetail = (i: number) => i % size >= coarse || Math.floor(i / size) >= coarse;
    return (image) => {
      const coefficients = analyzed(image, size, levels);
      const kept = coefficients.map((c, i) => (!isDetail(i) || Math.abs(c) > shrink ? 1 : 0));
      const shrunk = coefficients.map((c, i) =>
        isDetail(i) ? kept[i]! * (c - shrink * Math.sign(c)) : c,
      );
      return {
        image: synthesised(shrunk, size, levels),
        pullback: (cotangent) =>
          synthesised(
            analyzed(cotangent, size, levels).map((c, i) => kept[i]! * c),
            size,
            levels,
          ),
      };
    };
  },
});

/** Coarse coefficients in the upper left quarter of each scale's square, details in the other three. */
function analyzed(image: Float32Array, size: number, levels: number): Float64Array {
  const data = Float64Array.from(image);
  for (let level = 0; level < levels; level++) {
    eachLine(data, size, size >> level, (line) => halved(line));
  }
  return data;
}

function synthesised(coefficients: Float64Array, size: number, levels: number): Float32Array {
  const data = coefficients.slice();
  for (let level = levels - 1; level >= 0; level--) {
    eachLine(data, size, size >> level, (line) => doubled(line));
  }
  return Float32Array.from(data);
}

/** Rewrites the rows, then the columns, of the upper left square of `side` pixels. */
function eachLine(
  data: Float64Array,
  size: number,
  side: number,
  rewrite: (line: Float64Array) => Float64Array,
): void {
  const line = new Float64Array(side);
  for (const [step, stride] of [
    [1, size],
    [size, 1],
  ] as const) {
    for (let n = 0; n < side; n++) {
      for (let k = 0; k < side; k++) line[k] = data[n * stride + k * step]!;
      rewrite(line).forEach((value, k) => {
        data[n * stride + k * step] = value;
      });
    }
  }
}

/** Averages, then differences: c_k = sum_j h_j x_(2k + 2 - j), x taken to repeat. */
function halved(line: Float64Array): Float64Array {
  const half = line.length / 2;
  const out = new Float64Array(line.length);
  for (let k = 0; k < half; k++) {
    for (let j = 0; j < 4; j++) {
      const value = line[(2 * k + 2 - j + line.length) % line.length]!;
      out[k]! += LOW[j]! * value;
      out[half + k]! += HIGH[j]! * value;
    }
  }
  return out;
}

/** The transpose of `halved`, which is its inverse. */
function doubled(line: Float64Array): Float64Array {
  const half = line.length / 2;
  const out = new Float64Array(line.length);
  for (let k = 0; k < half; k++) {
    for (let j = 0; j < 4; j++) {
      const at = (2 * k + 2 - j + line.length) % line.length;
      out[at]! += LOW[j]! * line[k]! + HIGH[j]! * line[half + k]!;
    }
  }
  return out;
}
