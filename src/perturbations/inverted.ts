import { definePerturbation } from "./perturbation.ts";

/** A MONOCHROME1 file read as if it were MONOCHROME2: bone is black and air is white. */
export const inverted = definePerturbation({
  id: "inverted",
  label: "MONOCHROME1 not inverted",
  help: "Shows the picture as a negative, as software does that overlooks that a file counts its grey levels from white. Half way it is a flat grey.",
  group: "film",
  strength: "share",
  params: {
    share: {
      label: "Inverted",
      unit: "",
      min: 0,
      max: 1,
      step: 0.05,
      default: 1,
      help: "1 is the negative that such a file shows; less blends it with the right picture.",
    },
  },
  extra: {},
  transform: (image, _size, { share }) => image.map((v) => v + share * (1 - 2 * v)),
});
