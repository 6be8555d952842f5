/** The smallest instrument: what a stranger writes to add one. */
import { defineInstrument } from "../experiment/instruments/instrument.ts";

export const toyInstrument = defineInstrument({
  id: "toyInstrument",
  label: "Toy",
  group: "robustness",
  help: "Counts bright pixels of the clean picture. It is here to show how an instrument is added.",
  source: "none",
  params: {
    threshold: {
      label: "Threshold",
      unit: "black to white",
      min: 0,
      max: 1,
      step: 0.05,
      default: 0.5,
      help: "Pixels above it are counted.",
    },
  },
  needs: ["input"],
  async run({ input }, { params: { threshold = 0.5 } }) {
    const { image } = input;
    const value = image.filter((v) => v > threshold).length / image.length;
    return {
      statement: `${Math.round(100 * value)} % of the picture is brighter than ${threshold}.`,
      quantities: [
        { id: "share", label: "Pixels above the threshold", value, unit: "", n: image.length },
      ],
    };
  },
});
