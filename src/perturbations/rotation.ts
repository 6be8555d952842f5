import { bilinearAt } from "./bilinear.ts";
import { definePerturbation } from "./perturbation.ts";

/** Rotation about the image's centre, bilinear, black beyond the edge. */
export const rotation = definePerturbation({
  id: "rotation",
  label: "Rotation",
  help: "Turns the image about its centre, as a tilted cassette does; corners beyond the edge are black.",
  strength: "degrees",
  params: {
    degrees: {
      label: "Angle",
      unit: "degrees",
      min: -30,
      max: 30,
      step: 0.5,
      default: 5,
      help: "Positive turns counter-clockwise.",
    },
  },
  extra: {},
  transform(image, size, { degrees }) {
    const cos = Math.cos((degrees * Math.PI) / 180);
    const sin = Math.sin((degrees * Math.PI) / 180);
    const centerX = (size.width - 1) / 2;
    const centerY = (size.height - 1) / 2;
    return image.map((_, i) => {
      const x = (i % size.width) - centerX;
      const y = Math.floor(i / size.width) - centerY;
      // Where this pixel came from: the inverse rotation, with y pointing down.
      return bilinearAt(image, size, [centerX + cos * x - sin * y, centerY + sin * x + cos * y], 0);
    });
  },
});
