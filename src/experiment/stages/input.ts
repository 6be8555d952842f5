/** The picture the model is given, before any disturbance. */
import { modelInputOf } from "../source.ts";
import { defineStage } from "../stage.ts";

export const inputStage = defineStage({
  name: "input",
  needs: ["model"],
  // The model decides the picture by its input alone: models that take the same one share it.
  keyedBy: [],
  reads: ({ spec }, { model }) => [spec.case, spec.window, model.manifest.input],
  async run({ model }, { spec, context }) {
    return modelInputOf(spec.case, spec.window, model.manifest.input, context.radiograph);
  },
});
