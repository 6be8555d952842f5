import { grayImage } from "../image/grayImage.ts";
import { resize } from "../image/resize.ts";
import { definePerturbation } from "./perturbation.ts";
import { decimal } from "../numerics/decimalText.ts";

/** A detector of coarser pixels: the exact mean over each of its pixels, then enlarged again to the model's size. */
export const pixelSpacing = definePerturbation({
  id: "pixelSpacing",
  label: "Coarser pixels",
  help: "Takes the picture with a detector of larger pixels and enlarges it again: fine lines are lost, as in a film from an older machine or a screenshot.",
  strength: "coarser",
  params: {
    coarser: {
      label: "Pixel spacing",
      unit: "",
      min: 0,
      max: 5,
      step: 0.1,
      default: 1,
      help: "0 is off; 1 is twice the spacing of the model's picture, 3 four times.",
      inWords: (coarser) => (coarser === 0 ? "off" : `${decimal(1 + coarser, 1)} times`),
    },
  },
  extra: {},
  transform(image, { width, height }, { coarser }) {
    const less = (side: number) => Math.max(1, Math.round(side / (1 + coarser)));
    const small = resize(grayImage(image, height, width), less(height), less(width));
    return resize(small, height, width, { filter: "bilinear" }).data;
  },
});
