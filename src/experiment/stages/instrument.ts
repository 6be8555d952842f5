/** An instrument as a stage: run in full passes only, and only where the experiment switched it on. */
import { LabError } from "../../errors/labError.ts";
import { withDefaults } from "../../system/param.ts";
import type { Instrument } from "../instruments/instrument.ts";
import { obstructed } from "../instruments/instrumentResult.ts";
import type { Held, Stage, StageScope } from "../stage.ts";

function isAboutTheModel(error: unknown): error is LabError {
  return (
    error instanceof LabError && ["question-invalid", "model-incompatible"].includes(error.code)
  );
}

export function instrumentStage(instrument: Instrument): Stage {
  const itemOf = ({ spec, pass }: Pick<StageScope, "spec" | "pass">) =>
    pass === "full"
      ? spec.instruments.find((item) => item.instrument === instrument.id && item.enabled)
      : undefined;
  return {
    name: `instrument:${instrument.id}`,
    needs: instrument.needs,
    keyedBy: instrument.needs,
    family: `instrument:${instrument.id}`,
    ownKey: undefined,
    reads: (ask) => {
      const item = itemOf(ask);
      if (!item) return undefined;
      // What any instrument may read of the experiment beside its needs' results; defenses are in the system's key.
      const { question, certificate } = ask.spec;
      const read = { question, alpha: certificate.alpha };
      return [item.seed, withDefaults(instrument.params, item.params), item.texts ?? [], read];
    },
    async *run(given: Partial<Held>, scope: StageScope) {
      const item = itemOf(scope);
      if (!item) return undefined;
      const obstacle = instrument.obstacle?.(given);
      if (obstacle !== undefined) return obstructed(obstacle);
      const params = withDefaults(instrument.params, item.params);
      // Last in the table, and still before what gave way: a reader who switched it on does not wait for the certificate.
      const asked = { ...scope, params, seed: item.seed, texts: item.texts ?? [] };
      try {
        return yield* instrument.run(given, asked);
      } catch (error) {
        // A reader's own model may have no answer to what an instrument asks it: that ends the instrument, not the run.
        if (given.system?.manifest.folder && isAboutTheModel(error))
          return obstructed(error.message);
        throw error;
      }
    },
  };
}
