/** The model behind an experiment's defenses. */
import type { DefenseHost, DefenseItem } from "../defenses/defense.ts";
import { loadPart } from "../host/loadPart.ts";
import type { System } from "../system/system.ts";

/**
 * @returns `model` itself where every defense is off. Defenses are fetched with the first experiment that switches one on.
 * @throws LabError "spec-invalid" for a defense that does not exist
 */
export async function systemOf(
  model: System,
  items: readonly DefenseItem[],
  host: DefenseHost,
): Promise<System> {
  if (!items.some(({ enabled }) => enabled)) return model;
  const { defended } = await loadPart(() => import("../defenses/defended.ts"));
  return defended(model, items, host);
}
