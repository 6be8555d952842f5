/** How a system is called above its column: model, weights, defenses. */
import { DEFENSE_CATALOG } from "../../defenses/catalog.ts";
import { isInForce } from "../../defenses/inForce.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import type { SystemChange } from "../../experiment/systemChange.ts";
import { BUNDLED_MODELS, isOwnModel } from "../../model/catalog.ts";

export function systemName(
  { model, precision, defenses }: SystemChange,
  spec: ExperimentSpec,
): string {
  const label =
    BUNDLED_MODELS.find(({ id }) => id === model)?.label ??
    (isOwnModel(model) ? "Own model" : model);
  const on = spec.defenses.filter((item) => isInForce(item, DEFENSE_CATALOG[item.defense])).length;
  const behind =
    defenses === "same"
      ? on > 0
        ? `, ${on} ${on === 1 ? "defense" : "defenses"}`
        : ""
      : defenses === "none"
        ? ", no defense"
        : `, ${DEFENSE_CATALOG[defenses]?.label ?? defenses}`;
  return `${label}, ${precision}${behind}`;
}
