/** Whether something is kept from view: by the reader's own blind mode or by an instructor. */
import type { HiddenName } from "../../lesson/room.ts";
import { isKeptBack } from "../../state/roomStore.ts";
import { useExperiment, useRoom, useStores } from "./stores.ts";

/** Selects no more than yes or no: half the page asks this, and a drag makes a new experiment of every tick. */
export function useHidden(what: HiddenName): boolean {
  const { experiment, room } = useStores();
  useRoom((s) => isKeptBack(s, what, experiment.getState().spec));
  return useExperiment(({ spec }) => isKeptBack(room.getState(), what, spec));
}
