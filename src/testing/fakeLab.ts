/** What a run needs of the lab, around a model of a test's own. */
import type { LabContext } from "../experiment/labContext.ts";
import { StageCache } from "../experiment/stageCache.ts";
import type { VisionLanguageModel } from "../model/visionLanguageModel.ts";
import { modelSystem } from "../system/modelSystem.ts";

export function labAround(
  model: VisionLanguageModel,
  change: Partial<LabContext> = {},
): LabContext {
  const systems = new Map<string, ReturnType<typeof modelSystem>>();
  return {
    system: async (id) => {
      const system = systems.get(id) ?? modelSystem(id, model, async () => {});
      systems.set(id, system);
      return system;
    },
    radiograph: () => undefined,
    cache: new StageCache(),
    signal: { aborted: false },
    yieldToHost: async () => {},
    ...change,
  };
}
