/** Undo and redo of the experiment. */
import { useStore } from "zustand";
import { useStores } from "./stores.ts";

export function useExperimentHistory(): {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  undo(): void;
  redo(): void;
} {
  const { temporal } = useStores().experiment;
  const canUndo = useStore(temporal, (s) => s.pastStates.length > 0);
  const canRedo = useStore(temporal, (s) => s.futureStates.length > 0);
  return {
    canUndo,
    canRedo,
    undo: () => temporal.getState().undo(),
    redo: () => temporal.getState().redo(),
  };
}
