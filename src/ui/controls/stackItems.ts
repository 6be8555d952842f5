/** New members of the stack with their defaults, and how members are called on screen. */
import { ATTACK_CATALOG } from "../../attacks/catalog.ts";
import type { AttackId } from "../../attacks/catalog.ts";
import { PARAMS, epsilonParam } from "../../experiment/params.ts";
import type { AttackItem, PerturbationItem, StackItem, Stamp } from "../../experiment/spec.ts";
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

/** Where a new patch lies. */
export const NEW_STAMP: Stamp = {
  x: PARAMS["stamp.x"].default,
  y: PARAMS["stamp.y"].default,
  side: PARAMS["stamp.side"].default,
  degrees: PARAMS["stamp.degrees"].default,
};

/** An attack that may only repaint what is painted above it, with any grey it likes. */
export function strokeAttack(stack: readonly StackItem[]): AttackItem {
  const { stamp: _stamp, ...attack } = newAttack("patch", stack);
  return { ...attack, region: "painted" };
}

export function newAttack(attack: AttackId, stack: readonly StackItem[]): AttackItem {
  const member = ATTACK_CATALOG[attack];
  const { norms, settings } = member;
  const norm = norms[0] ?? "linf";
  return {
    id: freshId(attack, stack),
    type: "attack",
    attack,
    enabled: true,
    seed: PARAMS["attack.seed"].default,
    norm,
    epsilon: epsilonParam(norm, member).default,
    ...Object.fromEntries(settings.map((name) => [name, PARAMS[`attack.${name}`].default])),
    ...member.suggests,
    restarts: PARAMS["attack.restarts"].default,
    goal: { kind: "untargeted" },
    ...(member.needsRegion ? { stamp: NEW_STAMP } : {}),
  };
}
