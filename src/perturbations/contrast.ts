import { mean } from "../numerics/sums.ts";
import { definePerturbation } from "./perturbation.ts";

/** Contrast around the image's mean: (1 - loss)(v - mean) + mean. */
export const contrast = definePerturbation({
  id: "contrast",
  label: "Contrast loss",
  help: "Pulls every pixel towards the image's mean, as a too wide window does.",
  strength: "loss",
  params: {
    loss: {
      label: "Loss",
      unit: "",
      min: 0,
      max: 0.95,
      step: 0.05,
      default: 0.3,
      help: "Share of the contrast that is lost.",
      inWords: (loss) => `${Math.round(100 * loss)}%`,
    },
  },
  extra: {},
  transform(image, _size, { loss }) {
    const middle = mean(image);
    return image.map((v) => (1 - loss) * (v - middle) + middle);
  },
});
