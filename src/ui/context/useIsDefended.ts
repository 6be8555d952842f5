/** Whether a defense stands in force; the list of defenses is fetched after the page, with the first one that is switched on. */
import { useEffect, useState } from "react";
import { isInForce } from "../../defenses/inForce.ts";
import { loadPart } from "../../host/loadPart.ts";
import { useExperiment } from "./stores.ts";

type Catalog = (typeof import("../../defenses/catalog.ts"))["DEFENSE_CATALOG"];

const described = () => loadPart(() => import("../../defenses/catalog.ts"));

/**
 * Whether the experiment puts anything between the picture and the model that changes something: at strength 0 the system
 * is the bare model to the last bit, and is called so.
 */
export function useIsDefended(): boolean {
  const defenses = useExperiment((s) => s.spec.defenses);
  const [catalog, setCatalog] = useState<Catalog>();
  const on = defenses.filter(({ enabled }) => enabled);
  const isWanted = on.length > 0 && !catalog;
  useEffect(() => {
    if (!isWanted) return;
    // Where it can't be fetched, the list of defenses itself says so.
    described().then(
      ({ DEFENSE_CATALOG }) => setCatalog(DEFENSE_CATALOG),
      () => {},
    );
  }, [isWanted]);
  return on.some((item) => !catalog || isInForce(item, catalog[item.defense]));
}
