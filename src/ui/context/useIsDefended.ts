import { DEFENSE_CATALOG } from "../../defenses/catalog.ts";
import { isInForce } from "../../defenses/inForce.ts";
import { useExperiment } from "./stores.ts";

/** Whether the experiment puts anything between the picture and the model, be it at strength 0. */
export function useIsDefended(): boolean {
  return useExperiment((s) => s.spec.defenses.some(({ enabled }) => enabled));
}

/** Whether any of it changes what the model sees or says: none at strength 0 does. */
export function useHasDefenseInForce(): boolean {
  return useExperiment((s) =>
    s.spec.defenses.some((item) => isInForce(item, DEFENSE_CATALOG[item.defense])),
  );
}
