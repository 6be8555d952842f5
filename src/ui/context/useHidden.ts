/** Whether something is kept from view: by the reader's own blind mode or by an instructor. */
import type { HiddenName } from "../../lesson/room.ts";
import { isKeptBack } from "../../state/roomStore.ts";
import { useExperiment, useRoom } from "./stores.ts";

export function useHidden(what: HiddenName): boolean {
  const spec = useExperiment((s) => s.spec);
  return useRoom((s) => isKeptBack(s, what, spec));
}
