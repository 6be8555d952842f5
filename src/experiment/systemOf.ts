/** The model behind an experiment's defenses. */
import type { DefenseHost, DefenseItem } from "../defenses/defense.ts";
import { loadPart } from "../host/loadPart.ts";
import type { System } from "../system/system.ts";

/**
 * @param isPreview takes fewer looks where a defense takes several, so that a slider can be dragged.
 * @returns `model` itself where every defense is off. Defenses are fetched with the first experiment that switches one on.
 * @throws LabError "spec-invalid" for a defense that does not exist
 */
export async function systemOf(
  model: System,
  items: readonly DefenseItem[],
  host: DefenseHost,
  isPreview = false,
): Promise<System> {
  if (!items.some(({ enabled }) => enabled)) return model;
  const { defended } = await loadPart(() => import("../defenses/defended.ts"));
  return defended(model, items, host, isPreview);
}
