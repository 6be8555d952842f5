/** What a study may leave out of its base, and of each item of the stack. */
import { ATTACK_CATALOG } from "../attacks/catalog.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { PARAMS, epsilonParam } from "../experiment/params.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import type { Json, JsonObject } from "./specPath.ts";

/** The page's opening case without its disturbances: nothing happens to a picture that the study does not name. */
export function baseExperiment(): ExperimentSpec {
  const { certificate, ...opening } = defaultSpec();
  // It would be drawn again with every row, and no column shows it.
  const { beside: _, ...alone } = certificate;
  return {
    ...opening,
    stack: [],
    defenses: [],
    instruments: [],
    relevance: { enabled: false },
    certificate: { ...alone, enabled: false },
  };
}

/** The base with what it leaves out filled in, field by field. */
export function completeBase(base: JsonObject): JsonObject {
  const whole = baseExperiment() as unknown as JsonObject;
  return {
    ...whole,
    ...base,
    ...mergedField("model", whole, base),
    ...mergedField("certificate", whole, base),
    ...mergedField("relevance", whole, base),
  };
}

function mergedField(name: string, whole: JsonObject, base: JsonObject): JsonObject {
  const given = base[name];
  if (given === undefined) return {};
  return isObject(given) ? { [name]: { ...(whole[name] as JsonObject), ...given } } : {};
}

/**
 * Items of the stack, defenses and instruments with their defaults, after the axes have had their say: which settings an
 * attack has depends on which attack it is. What an item states stays, so that a setting it does not have is refused by
 * name.
 */
export function completeItems(spec: JsonObject): JsonObject {
  const withDefaults = (item: Json): Json =>
    isObject(item) ? { enabled: true, seed: 1, params: {}, ...item } : item;
  return {
    ...spec,
    ...mapped(spec, "stack", completeItem),
    ...mapped(spec, "defenses", withDefaults),
    ...mapped(spec, "instruments", withDefaults),
  };
}

function mapped(spec: JsonObject, name: string, change: (item: Json) => Json): JsonObject {
  const list = spec[name];
  return Array.isArray(list) ? { [name]: (list as readonly Json[]).map(change) } : {};
}

function completeItem(item: Json): Json {
  if (!isObject(item)) return item;
  if (item["type"] === "perturbation") {
    return { enabled: true, seed: PARAMS["perturbation.seed"].default, params: {}, ...item };
  }
  const attack = item["attack"];
  if (
    item["type"] !== "attack" ||
    typeof attack !== "string" ||
    !Object.hasOwn(ATTACK_CATALOG, attack)
  ) {
    return item;
  }
  const member = ATTACK_CATALOG[attack as keyof typeof ATTACK_CATALOG];
  const norm = item["norm"] ?? member.norms[0]!;
  const isNorm = norm === "linf" || norm === "l2";
  return {
    enabled: true,
    seed: PARAMS["attack.seed"].default,
    norm,
    ...(isNorm ? { epsilon: epsilonParam(norm, member).default } : {}),
    restarts: PARAMS["attack.restarts"].default,
    goal: { kind: "untargeted" },
    ...Object.fromEntries(member.settings.map((name) => [name, PARAMS[`attack.${name}`].default])),
    ...member.suggests,
    ...item,
  };
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
