/** What the system says of the clean picture and of the disturbed one. */
import { readOut } from "../readout.ts";
import { defineStage } from "../stage.ts";

/** Both stages read a picture: where nothing disturbs it, the second is the first. */
const FAMILY = "readout";

export const cleanStage = defineStage({
  name: "clean",
  needs: ["input", "system"],
  family: FAMILY,
  reads: ({ spec }) => spec.question,
  async run({ input, system }, { spec }) {
    return await readOut(system, input.image, spec.question);
  },
});

export const readoutStage = defineStage({
  name: "readout",
  needs: ["disturbed", "system"],
  family: FAMILY,
  reads: ({ spec }) => spec.question,
  async run({ disturbed, system }, { spec }) {
    return await readOut(system, disturbed.image, spec.question);
  },
});
