/**
 * Experiments of older versions, as links and files hold them, turned into the current version. What is malformed is left
 * as it is: the validator names it.
 */
import { ATTACK_CATALOG } from "../attacks/catalog.ts";
import type { AttackId } from "../attacks/registry.ts";

type Fields = Readonly<Record<string, unknown>>;

export function upgradedSpec(json: unknown): unknown {
  return fromVersion2(fromVersion1(json));
}

/** Version 1 gave every attack `steps` and `relativeStep`, whether it used them or not; a query attack's steps were queries. */
function fromVersion1(json: unknown): unknown {
  if (!isRecord(json) || json["version"] !== 1) return json;
  return { ...withStack(json, upgradedItem), version: 2 };
}

/** Version 2 had no defenses and instruments, always asked for relevance, and called goals "say" and "feature". */
function fromVersion2(json: unknown): unknown {
  if (!isRecord(json) || json["version"] !== 2) return json;
  return {
    defenses: [],
    relevance: { enabled: true },
    instruments: [],
    ...withStack(json, withGoal),
    version: 3,
  };
}

function withStack(json: Fields, change: (item: unknown) => unknown): Fields {
  const { stack } = json;
  return Array.isArray(stack) ? { ...json, stack: stack.map(change) } : json;
}

const GOALS: Readonly<Record<string, string>> = { say: "targeted", feature: "featureAway" };

function withGoal(item: unknown): unknown {
  if (!isRecord(item) || !isRecord(item["goal"])) return item;
  const { kind } = item["goal"];
  const renamed = Object.hasOwn(GOALS, String(kind)) ? GOALS[String(kind)] : kind;
  return { ...item, goal: { ...item["goal"], kind: renamed } };
}

function upgradedItem(item: unknown): unknown {
  if (!isRecord(item) || item["type"] !== "attack") return item;
  const attack = String(item["attack"]);
  if (!Object.hasOwn(ATTACK_CATALOG, attack)) return item;
  const { settings } = ATTACK_CATALOG[attack as AttackId];
  const { steps, relativeStep, ...kept } = item;
  const given = { steps, queries: steps, relativeStep };
  const taken = Object.entries(given).filter(
    ([name, value]) => (settings as readonly string[]).includes(name) && value !== undefined,
  );
  return { ...kept, ...Object.fromEntries(taken) };
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
