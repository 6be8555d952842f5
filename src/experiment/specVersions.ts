/**
 * Experiments of older versions, as links and files hold them, turned into the current version. What is malformed is left
 * as it is: the validator names it.
 */
import { ATTACKS } from "../attacks/registry.ts";
import type { AttackId } from "../attacks/registry.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Version 1 gave every attack `steps` and `relativeStep`, whether it used them or not; a query attack's steps were queries. */
export function upgradedSpec(json: unknown): unknown {
  if (!isRecord(json) || json["version"] !== 1) return json;
  const { stack } = json;
  return {
    ...json,
    version: 2,
    ...(Array.isArray(stack) ? { stack: stack.map(upgradedItem) } : {}),
  };
}

function upgradedItem(item: unknown): unknown {
  if (!isRecord(item) || item["type"] !== "attack") return item;
  const attack = String(item["attack"]);
  if (!Object.hasOwn(ATTACKS, attack)) return item;
  const { settings } = ATTACKS[attack as AttackId];
  const { steps, relativeStep, ...kept } = item;
  return {
    ...kept,
    ...(settings.includes("steps") ? { steps } : {}),
    ...(settings.includes("queries") ? { queries: steps } : {}),
    ...(settings.includes("relativeStep") ? { relativeStep } : {}),
  };
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
