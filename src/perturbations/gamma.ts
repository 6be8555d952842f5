import { definePerturbation } from "./perturbation.ts";
import { decimal } from "../numerics/decimalText.ts";

/** Another display curve: v^g with g = 2^exponent. */
export const gamma = definePerturbation({
  id: "gamma",
  label: "Gamma",
  help: "Bends the display curve as another vendor's processing would: black and white stay, the middle moves.",
  strength: "exponent",
  params: {
    exponent: {
      label: "log2 of gamma",
      unit: "",
      min: -1.5,
      max: 1.5,
      step: 0.05,
      default: 0.4,
      help: "0 is off; 1 is gamma 2 (darker middle), -1 is gamma 0.5 (brighter middle).",
      inWords: (exponent) => `gamma ${decimal(2 ** exponent, 2)}`,
    },
  },
  extra: {},
  transform(image, _size, { exponent }) {
    const power = 2 ** exponent;
    return image.map((v) => v ** power);
  },
});
