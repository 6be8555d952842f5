/** Numbers that compare the clean and the disturbed readout. */
import { measure } from "../measure.ts";
import { defineStage } from "../stage.ts";

export const metricsStage = defineStage({
  name: "metrics",
  needs: ["input", "clean", "disturbed", "readout"],
  reads: () => null,
  async run({ input, clean, disturbed, readout }) {
    return measure(
      { ...clean, image: input.image },
      { ...readout, image: disturbed.image },
      input.size,
    );
  },
});
