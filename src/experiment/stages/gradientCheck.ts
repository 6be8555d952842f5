/** The gradient of the clean picture's margin, against central differences through the same graphs. */
import { ATTACKS } from "../../attacks/registry.ts";
import { objectiveOf } from "../objectiveOf.ts";
import type { StackItem } from "../spec.ts";
import { defineStage } from "../stage.ts";

export const gradientCheckStage = defineStage({
  name: "gradientCheck",
  needs: ["system", "input", "clean"],
  // One check a system: a gradient that is right at one picture and question is built of the same rules at the next.
  keyedBy: ["system"],
  reads: ({ spec, pass }, { system }) =>
    // An approximation on purpose (BPDA, EOT) is no derivative to be checked.
    pass === "full" && system.gradient === "exact" && spec.stack.some(usesGradient)
      ? null
      : undefined,
  async run({ system, input, clean }, { spec }) {
    const { question } = spec;
    // A feature loss is flat at its own reference: an encoder's gradient is checked against another point.
    const reference = clean.answer ? clean : { ...clean, embedding: clean.embedding.toReversed() };
    const objective = objectiveOf(system, { kind: "untargeted" }, { question, clean: reference });
    return await system.checkGradient(input.image, objective, 1);
  },
});

/** Whether a result rests on the model's gradient, which is then checked. */
function usesGradient(item: StackItem): boolean {
  return item.type === "attack" && item.enabled && ATTACKS[item.attack].access === "gradient";
}
