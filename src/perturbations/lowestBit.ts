import { definePerturbation } from "./perturbation.ts";

/** VSF-Med's extracted plane: the lowest bit of every grey level as black and white. */
export const lowestBit = definePerturbation({
  id: "lowestBit",
  label: "Lowest bit made visible",
  help: "Shows the lowest bit of every grey level as black or white, where hidden messages are written. At full strength nothing of the chest can be seen.",
  group: "overlay",
  strength: "share",
  params: {
    share: {
      label: "Share",
      unit: "",
      min: 0,
      max: 1,
      step: 0.05,
      default: 1,
      help: "1 shows the bit alone, as in the VSF-Med set; less blends it over the picture.",
    },
  },
  extra: {},
  transform: (image, _size, { share }) =>
    image.map((v) => v + share * ((Math.round(255 * v) & 1) - v)),
});
