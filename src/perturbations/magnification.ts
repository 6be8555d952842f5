import { bilinearAt } from "./bilinear.ts";
import { definePerturbation } from "./perturbation.ts";

/** Geometry of another distance: a longer way from patient to detector enlarges, and what leaves the field is cropped. */
export const magnification = definePerturbation({
  id: "magnification",
  label: "Magnification and crop",
  help: "Enlarges the picture about a point, as an AP view from a short distance or a tight crop does, or shrinks it inside a black border. The outer parts leave the field.",
  strength: "percent",
  params: {
    percent: {
      label: "Enlarged by",
      unit: "%",
      min: -40,
      max: 60,
      step: 1,
      default: 12,
      help: "5 to 20 is the way from a PA view to a portable AP view. Below 0 the picture shrinks inside a black border.",
    },
    x: {
      label: "Centre from the left",
      unit: "of the picture",
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.5,
      help: "The point that stays where it is.",
    },
    y: {
      label: "Centre from the top",
      unit: "of the picture",
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.5,
      help: "The point that stays where it is.",
    },
  },
  extra: {},
  transform(image, size, { percent, x, y }) {
    const scale = 1 / (1 + percent / 100);
    const atX = x * (size.width - 1);
    const atY = y * (size.height - 1);
    return image.map((_, i) => {
      const column = atX + scale * ((i % size.width) - atX);
      const row = atY + scale * (Math.floor(i / size.width) - atY);
      return bilinearAt(image, size, [column, row], 0);
    });
  },
});
