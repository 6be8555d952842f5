import { definePerturbation } from "./perturbation.ts";

/** One grey field of independent normal values in the display domain: the noise of the certificates. */
export const gaussianNoise = definePerturbation({
  id: "gaussianNoise",
  label: "Gaussian noise",
  help: "Adds independent normal noise to every pixel as shown: the noise model of randomized smoothing, not of a detector.",
  strength: "sigma",
  params: {
    sigma: {
      label: "Standard deviation",
      unit: "",
      min: 0,
      max: 0.2,
      step: 0.005,
      default: 0.04,
      help: "In units of the display range: 0.04 is ten grey levels of 255.",
      inWords: (sigma) => `${Number((255 * sigma).toPrecision(2))} of 255`,
    },
  },
  extra: {},
  transform(image, _size, { sigma }, random) {
    return image.map((v) => v + sigma * random.normal());
  },
});
