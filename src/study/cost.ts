/**
 * What a run costs, counted in forward passes of the image encoder: the unit of a study's estimate. What instruments and
 * defenses add is not known before they run.
 */
import { ATTACK_CATALOG } from "../attacks/catalog.ts";
import type { StageName } from "../experiment/results.ts";
import type { AttackItem, ExperimentSpec } from "../experiment/spec.ts";

/** Of one pass of the encoder: all wordings of a question; a pass for a gradient. Measured on the bundled models. */
const ANSWERS = 0.5;
const GRADIENT = 3;

/** @param stages beyond "metrics" that the study needs. */
export function encoderPasses(spec: ExperimentSpec, stages: readonly StageName[]): number {
  const disturbed = spec.stack.some((item) => item.enabled) ? 1 + ANSWERS : 0;
  const attacks = spec.stack.reduce(
    (sum, item) => sum + (item.type === "attack" && item.enabled ? attackPasses(item) : 0),
    0,
  );
  const certificate =
    stages.includes("certificate") && spec.certificate.enabled ? spec.certificate.maxSamples : 0;
  const relevance = stages.includes("relevance") && spec.relevance.enabled ? 2 * GRADIENT : 0;
  return 1 + ANSWERS + disturbed + attacks + certificate + relevance;
}

function attackPasses({ attack, steps = 1, queries = 0, restarts, epsilon }: AttackItem): number {
  if (epsilon === 0) return 0;
  if (ATTACK_CATALOG[attack].access === "query") return restarts * queries;
  return restarts * steps * GRADIENT;
}
