/** The bare model's answers beside the defended one's, so that what a defense costs and gains is seen on the same pictures. */
import { hasFlipped } from "../../system/reading.ts";
import { readOut } from "../readout.ts";
import { defineStage } from "../stage.ts";

export const undefendedStage = defineStage({
  name: "undefended",
  needs: ["model", "system", "input", "disturbed"],
  keyedBy: ["model", "input", "disturbed"],
  reads: ({ spec, pass }, { model, system }) =>
    system === model || pass === "draft" ? undefined : spec.question,
  async run({ model, input, disturbed }, { spec }) {
    const clean = await readOut(model, input.image, spec.question);
    const moved = await readOut(model, disturbed.image, spec.question);
    return { clean, disturbed: moved, flipped: hasFlipped(clean.answer, moved.answer) };
  },
});
