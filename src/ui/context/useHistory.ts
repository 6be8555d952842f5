/** Undo and redo, with the name of what they would take back or make again. */
import { useStore } from "zustand";
import { useStores } from "./stores.ts";

export function useHistory(): {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** "" where there is nothing to name. */
  readonly undoName: string;
  readonly redoName: string;
  undo(): void;
  redo(): void;
} {
  const { history } = useStores();
  const last = useStore(history, (s) => s.past.at(-1));
  const next = useStore(history, (s) => s.future.at(-1));
  return {
    canUndo: last !== undefined,
    canRedo: next !== undefined,
    undoName: last?.name ?? "",
    redoName: next?.name ?? "",
    undo: () => history.getState().undo(),
    redo: () => history.getState().redo(),
  };
}
