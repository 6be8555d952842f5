/** The systems under test: the bare model, and the model behind the experiment's defenses. */
import { systemOfRun } from "../systemOf.ts";
import { defineStage } from "../stage.ts";

/** Opened by the lab, which keeps it for as long as it is in use. */
export const modelStage = defineStage({
  name: "model",
  needs: [],
  ownKey: ({ key }) => key,
  reads: ({ spec }) => spec.model,
  async run(_given, { spec, context }) {
    return await context.system(spec.model.id, spec.model.precision);
  },
});

export const systemStage = defineStage({
  name: "system",
  needs: ["model"],
  ownKey: ({ key }) => key,
  reads: ({ spec }) => spec.defenses,
  async run({ model }, { spec, pass, context }) {
    return await systemOfRun(model, spec.defenses, context, pass !== "full");
  },
});
