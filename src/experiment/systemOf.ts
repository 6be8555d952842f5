/** The model behind an experiment's defenses. */
import type { DefenseHost, DefenseItem } from "../defenses/defense.ts";
import type { Host } from "../host/host.ts";
import { loadPart } from "../host/loadPart.ts";
import { stoppable } from "../host/stopped.ts";
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

/**
 * The same for as long as a run lasts: its looks, which can take seconds, end with it, so that the next tick of a slider does not
 * wait for an answer that nobody will see.
 */
export function systemOfRun(
  model: System,
  items: readonly DefenseItem[],
  context: DefenseHost & Host,
  isPreview = false,
): Promise<System> {
  return systemOf(model, items, { ...context, yieldToHost: stoppable(context) }, isPreview);
}
