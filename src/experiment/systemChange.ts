/** A second system beside the one on the bench: the same experiment with another model, form of weights, or defense. */
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import { LabError } from "../errors/labError.ts";
import type { Precision } from "../model/manifest.ts";
import { withDefaults } from "../system/param.ts";
import { PARAMS } from "./params.ts";
import type { ExperimentSpec } from "./spec.ts";

export interface SystemChange {
  readonly model: string;
  readonly precision: Precision;
  /** "same": those of the experiment; "none"; or one defense by its id, with its settings at their defaults. */
  readonly defenses: string;
}

/** @throws LabError "spec-invalid" for a defense there is none of */
export function withSystem(
  spec: ExperimentSpec,
  { model, precision, defenses }: SystemChange,
): ExperimentSpec {
  return { ...spec, model: { id: model, precision }, defenses: defensesOf(spec, defenses) };
}

function defensesOf(spec: ExperimentSpec, defenses: string): ExperimentSpec["defenses"] {
  if (defenses === "same") return spec.defenses;
  if (defenses === "none") return [];
  const known = Object.hasOwn(DEFENSE_CATALOG, defenses) ? DEFENSE_CATALOG[defenses] : undefined;
  if (!known) {
    throw new LabError("spec-invalid", `There is no defense "${defenses}".`, {
      hint: `Use same, none, or one of ${Object.keys(DEFENSE_CATALOG).join(", ")}.`,
    });
  }
  const params = withDefaults(known.params, {});
  const seed = PARAMS["defense.seed"].default;
  return [{ id: `${defenses}-1`, defense: defenses, enabled: true, seed, params }];
}
