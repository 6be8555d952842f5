/** The defenses of an experiment around its model: the first is nearest to the picture. */
import { LabError } from "../errors/labError.ts";
import { withDefaults } from "../system/param.ts";
import type { Params } from "../system/param.ts";
import type { System } from "../system/system.ts";
import type { DefenseHost, DefenseItem } from "./defense.ts";
import { isInForce } from "./inForce.ts";
import { DEFENSES } from "./registry.ts";

/**
 * @param isPreview lowers what costs most; the system then has another key.
 * @returns `model` itself where every defense is off or at strength 0, so that its results are the bare model's.
 * @throws LabError "spec-invalid" for a defense that does not exist
 */
export async function defended(
  model: System,
  items: readonly DefenseItem[],
  host: DefenseHost,
  isPreview = false,
): Promise<System> {
  let system = model;
  // The last is wrapped first: a picture meets them in the order of the list.
  for (const item of items.toReversed()) {
    const { defense: id, params: given, seed } = item;
    const defense = DEFENSES[id];
    if (!defense) throw new LabError("spec-invalid", `There is no defense "${id}".`);
    if (!isInForce(item, defense)) continue;
    const asked = withDefaults(defense.params, given);
    const params = isPreview ? lowered(asked, defense.preview) : asked;
    const values = Object.entries(params).map(([name, value]) => `${name}=${value}`);
    // Draws that nobody makes do not tell two systems apart.
    if (defense.isRandom) values.push(`seed=${seed}`);
    const key = `${id}(${values.join(",")})|${system.key}`;
    system = await defense.defend(system, { params, seed, key, host });
  }
  return system;
}

function lowered(params: Params, most: Params = {}): Params {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Math.min(value, most[name] ?? value)]),
  );
}
