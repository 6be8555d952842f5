import { useExperiment } from "./stores.ts";

/** Whether nothing stands between the picture and itself: the stack is empty or switched off. */
export function useIsUntouched(): boolean {
  return useExperiment((s) => s.spec.stack.every(({ enabled }) => !enabled));
}
