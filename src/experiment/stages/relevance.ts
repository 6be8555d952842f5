/** Which image tokens each picture's own answer depends on. */
import { LabError } from "../../errors/labError.ts";
import { explained } from "../objectiveOf.ts";
import { defineStage } from "../stage.ts";

export const relevanceStage = defineStage({
  name: "relevance",
  needs: ["system", "input", "disturbed", "clean", "readout"],
  keyedBy: ["clean", "readout"],
  reads: ({ spec, pass }, { clean, readout }) => {
    const canExplain = clean.answer && readout.answer && clean.attention.length > 0;
    return pass === "full" && spec.relevance.enabled && canExplain ? null : undefined;
  },
  async run({ system, input, disturbed, clean, readout }, { spec, context }) {
    const { answer } = clean;
    const { answer: moved } = readout;
    if (!answer || !moved) return undefined;
    try {
      const before = explained(system, spec.question, answer);
      const first = await system.relevance(input.image, before);
      await context.yieldToHost();
      const after = explained(system, spec.question, moved);
      return { clean: first, disturbed: await system.relevance(disturbed.image, after) };
    } catch (error) {
      // A model without a gradient is still read, attacked by questions and certified.
      if (!(error instanceof LabError) || error.code !== "graph-unsupported-op") throw error;
      return { obstacle: error.message };
    }
  },
});
