import { filterDefense } from "./filterDefense.ts";

/** Weights of the output pixel `at` over the input: a Gaussian cut at 3 sigma, renormalised where it meets the border. */
interface Row {
  readonly first: number;
  readonly weights: Float64Array;
}

function gaussianRows(size: number, sigma: number): readonly Row[] {
  const reach = Math.ceil(3 * sigma);
  return Array.from({ length: size }, (_, at) => {
    const first = Math.max(0, at - reach);
    const last = Math.min(size - 1, at + reach);
    const weights = Float64Array.from({ length: last - first + 1 }, (_w, k) =>
      Math.exp(-((first + k - at) ** 2) / (2 * sigma * sigma)),
    );
    const total = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((w) => w / total) };
  });
}

/** Along both axes: K x K' forward, K' x K for the transposed map. */
function separable(rows: readonly Row[], transposed: boolean) {
  const size = rows.length;
  const along = (data: Float64Array, step: number, stride: number): Float64Array => {
    const out = new Float64Array(data.length);
    for (let line = 0; line < size; line++) {
      const start = line * stride;
      rows.forEach(({ first, weights }, at) => {
        for (let k = 0; k < weights.length; k++) {
          const [to, from] = transposed ? [first + k, at] : [at, first + k];
          out[start + to * step]! += weights[k]! * data[start + from * step]!;
        }
      });
    }
    return out;
  };
  return (image: Float32Array): Float32Array =>
    Float32Array.from(along(along(Float64Array.from(image), 1, size), size, 1));
}

/** Linear, so its exact gradient is its transpose. */
export const gaussianFilter = filterDefense({
  id: "gaussianFilter",
  label: "Gaussian filter",
  help: "Blurs the picture before the model looks, which removes fine noise. Fine findings blur with it, and an attacker who knows of the filter works through it.",
  source: "Xu, Evans & Qi 2018, Feature Squeezing (arXiv:1704.01155), section III",
  params: {
    sigma: {
      label: "Width",
      unit: "px",
      min: 0,
      max: 4,
      step: 0.1,
      default: 1,
      help: "Standard deviation of the blur in pixels of the picture the model sees. 0 leaves it exactly as it is.",
    },
  },
  strength: "sigma",
  gradient: "exact",
  filter(size, { sigma = 0 }) {
    const rows = gaussianRows(size, sigma);
    return {
      forward: separable(rows, false),
      backward: (_image, cotangent) => separable(rows, true)(cotangent),
    };
  },
});
