import { definePerturbation } from "./perturbation.ts";

/** Another reader's habit of window and level, burned into the pixels: what lies outside is black or white for good. */
export const windowLevel = definePerturbation({
  id: "windowLevel",
  label: "Window and level",
  help: "Burns in a narrower window, as a hospital that exports what its readers see: the middle gains contrast, the lungs go black and the mediastinum white.",
  group: "film",
  strength: "narrower",
  params: {
    narrower: {
      label: "Narrower by",
      unit: "of the range",
      min: 0,
      max: 0.9,
      step: 0.02,
      default: 0.3,
      help: "Share of the grey range that is cut off. 0 leaves the picture as it is, whatever the level.",
    },
    level: {
      label: "Level",
      unit: "of the range",
      min: -0.4,
      max: 0.4,
      step: 0.02,
      default: 0,
      help: "Moves the middle of the window towards white (the picture darkens) or black.",
    },
  },
  extra: {},
  transform: (image, _size, { narrower, level }) =>
    image.map((v) => (v - 0.5 - level) / (1 - narrower) + 0.5),
});
