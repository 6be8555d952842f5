import { DEFENSE_CATALOG } from "../../defenses/catalog.ts";
import { isInForce } from "../../defenses/inForce.ts";
import { useExperiment } from "./stores.ts";

/** Whether the experiment puts anything between the picture and the model. */
export function useIsDefended(): boolean {
  return useExperiment((s) =>
    s.spec.defenses.some((item) => isInForce(item, DEFENSE_CATALOG[item.defense])),
  );
}
