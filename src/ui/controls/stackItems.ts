/** New members of the stack with their defaults, and how members are called on screen. */
import { ATTACK_CATALOG } from "../../attacks/catalog.ts";
import type { AttackId } from "../../attacks/catalog.ts";
import { PARAMS, epsilonParam } from "../../experiment/params.ts";
import type { AttackItem, PerturbationItem, StackItem } from "../../experiment/spec.ts";
import { PERTURBATION_CATALOG } from "../../perturbations/catalog.ts";
import type { PerturbationId } from "../../perturbations/catalog.ts";
import { freshId } from "../../state/specEdits.ts";

export function stackLabel(item: StackItem): string {
  return item.type === "attack"
    ? ATTACK_CATALOG[item.attack].label
    : PERTURBATION_CATALOG[item.perturbation].label;
}

export function newPerturbation(
  perturbation: PerturbationId,
  stack: readonly StackItem[],
): PerturbationItem {
  const { params } = PERTURBATION_CATALOG[perturbation];
  return {
    id: freshId(perturbation, stack),
    type: "perturbation",
    perturbation,
    enabled: true,
    seed: PARAMS["perturbation.seed"].default,
    params: Object.fromEntries(Object.entries(params).map(([name, meta]) => [name, meta.default])),
    ...(perturbation === "paintedPatch" ? { strokes: [] } : {}),
  };
}

/** An attack that may only repaint what is painted above it, with all that a pixel's limit allows. */
export function strokeAttack(stack: readonly StackItem[]): AttackItem {
  const attack = newAttack("apgd", stack);
  return { ...attack, epsilon: epsilonParam("linf").max, steps: 40, region: "painted" };
}

export function newAttack(attack: AttackId, stack: readonly StackItem[]): AttackItem {
  const { norms, settings } = ATTACK_CATALOG[attack];
  const norm = norms[0] ?? "linf";
  return {
    id: freshId(attack, stack),
    type: "attack",
    attack,
    enabled: true,
    seed: PARAMS["attack.seed"].default,
    norm,
    epsilon: epsilonParam(norm).default,
    ...Object.fromEntries(settings.map((name) => [name, PARAMS[`attack.${name}`].default])),
    restarts: PARAMS["attack.restarts"].default,
    goal: { kind: "untargeted" },
  };
}
