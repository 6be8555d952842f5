import { isInnerModel } from "../model/innerModel.ts";
import type { InnerModel } from "../model/innerModel.ts";
import type { ModelSystem } from "./modelSystem.ts";
import type { System } from "./system.ts";

/** The model's inside, where the system is a bare model that shows it; undefined behind a defense. */
export function innerModelOf(system: System): InnerModel | undefined {
  const { model } = system as Partial<ModelSystem>;
  return model && isInnerModel(model) ? model : undefined;
}
