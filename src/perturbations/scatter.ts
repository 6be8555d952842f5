import { gaussianBlur } from "../image/blur.ts";
import { toDisplay, toExposure } from "./exposure.ts";
import { definePerturbation } from "./perturbation.ts";

/** Scattered radiation: a share of the exposure arrives spread by a wide Gaussian, q' = (1 - s) q + s (q * G). */
export const scatter = definePerturbation({
  id: "scatter",
  label: "Scatter",
  help: "Veils the image as when the grid is left away: a share of the exposure arrives spread over a wide area.",
  strength: "fraction",
  params: {
    fraction: {
      label: "Scatter fraction",
      unit: "",
      min: 0,
      max: 0.9,
      step: 0.05,
      default: 0.35,
      help: "Share of the exposure that is scattered; local contrast falls by about this share.",
    },
    spread: {
      label: "Spread",
      unit: "of width",
      min: 0.02,
      max: 0.2,
      step: 0.01,
      default: 0.06,
      help: "Standard deviation of the spread as a fraction of the image's width.",
    },
  },
  extra: {},
  transform(image, { width, height }, { fraction, spread }) {
    const exposure = toExposure(image);
    const veil = gaussianBlur({ rows: height, cols: width, data: exposure }, spread * width).data;
    return toDisplay(exposure.map((q, i) => (1 - fraction) * q + fraction * veil[i]!));
  },
});
