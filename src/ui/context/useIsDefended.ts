import { useExperiment } from "./stores.ts";

/** Whether the experiment puts anything between the picture and the model, be it at strength 0. */
export function useIsDefended(): boolean {
  return useExperiment((s) => s.spec.defenses.some(({ enabled }) => enabled));
}
