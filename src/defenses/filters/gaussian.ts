import { filterDefense } from "../filterDefense.ts";
import { separable } from "./separable.ts";
import type { Row } from "./separable.ts";

/** A Gaussian cut at 3 sigma, renormalised where it meets the border. Linear, so its exact gradient is its transpose. */
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
  filter: (size, { sigma = 0 }) => separable(gaussianRows(size, sigma)),
});

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
