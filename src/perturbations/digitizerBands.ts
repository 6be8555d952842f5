import { KAPPA } from "./exposure.ts";
import { definePerturbation } from "./perturbation.ts";

/** A film digitizer's sensors differ: each column of the exposure has a gain of its own, 1 + a times a normal value. */
export const digitizerBands = definePerturbation({
  id: "digitizerBands",
  label: "Digitizer streaks",
  help: "Gives each column its own gain, as the line sensor of a film digitizer does: fine streaks from top to bottom.",
  strength: "amplitude",
  params: {
    amplitude: {
      label: "Amplitude",
      unit: "of the exposure",
      min: 0,
      max: 0.3,
      step: 0.005,
      default: 0.04,
      help: "Standard deviation of the gain from column to column.",
    },
  },
  extra: {},
  transform(image, { width }, { amplitude }, random) {
    // A gain is never below a tenth: a sensor that sees nothing is another fault.
    const gains = Float64Array.from({ length: width }, () =>
      Math.max(0.1, 1 + amplitude * random.normal()),
    );
    return image.map((v, i) => v - Math.log(gains[i % width]!) / KAPPA);
  },
});
