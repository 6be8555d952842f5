import { BUNDLED_MODELS } from "../../model/catalog.ts";
import { LabError } from "../../errors/labError.ts";
import type { ParamMeta } from "../../system/param.ts";
import type { System } from "../../system/system.ts";
import type { Defense, DefenseHost } from "../defense.ts";
import { AGREEMENT } from "../looks/params.ts";
import { checkAlike } from "./alike.ts";
import { pooledSystem } from "./pooledSystem.ts";

/** Settings of a model as a member: on or off. */
const memberOf = (label: string, isOn: boolean): ParamMeta => ({
  label,
  unit: "",
  min: 0,
  max: 1,
  step: 1,
  default: isOn ? 1 : 0,
  integer: true,
  choices: [0, 1],
  choiceNames: ["stays out", "answers too"],
  help: "Whether this model answers beside the one that is open. The open one always does.",
});

/** Members by default: few enough for a processor without help. */
const USUAL: readonly string[] = ["base", "noise", "robust"];

/** Models beside the open one are taken in the form that costs least. */
export const BESIDE_PRECISION = "int8";

export const ensemble: Defense = {
  id: "ensemble",
  label: "Ensemble of models",
  group: "models",
  help: "Several models look at the same picture and answer together, so that what misleads one may leave the others right. Each costs a full pass, and an attacker who knows them attacks all of them at once.",
  source:
    "Tramer et al. 2018, Ensemble Adversarial Training (arXiv:1705.07204), on transfer; He et al. 2017, weak ensembles (arXiv:1706.04701)",
  params: {
    others: {
      label: "Say of the others",
      unit: "of the weight",
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.67,
      help: "Share of the answer that the other models have, divided equally among them. 0 leaves the open model alone.",
    },
    rule: {
      label: "Answer by",
      unit: "",
      min: 0,
      max: 1,
      step: 1,
      default: 0,
      integer: true,
      choices: [0, 1],
      choiceNames: ["mean of the probabilities", "vote"],
      help: "The mean weighs how sure each model is; a vote counts answers alone, and has a gradient only in approximation.",
    },
    ...Object.fromEntries(
      BUNDLED_MODELS.map(({ id, label }) => [
        id.replaceAll("-", ""),
        memberOf(label, USUAL.includes(id)),
      ]),
    ),
    agreement: { ...AGREEMENT, default: 0, unit: "of the weight" },
  },
  strength: "others",
  graphs: {
    models: BUNDLED_MODELS.map(({ id }) => ({
      id,
      precision: BESIDE_PRECISION,
      when: id.replaceAll("-", ""),
      unlessOpen: true,
    })),
  },
  async defend(inner, { params, key, host }) {
    const { others = 0, rule = 0, agreement: atLeast = 0 } = params;
    const asked = BUNDLED_MODELS.filter(
      ({ id }) => id !== inner.manifest.id && params[id.replaceAll("-", "")] === 1,
    );
    if (asked.length === 0) {
      throw new LabError("spec-invalid", "No other model is in the ensemble.", {
        hint: "Let another model answer too, or take the ensemble out.",
      });
    }
    const members = [{ label: inner.manifest.name, system: inner }];
    for (const { id } of asked) members.push(await besides(inner, id, host));
    const weights = members.map((_, k) => (k === 0 ? 1 - others : others / asked.length));
    return pooledSystem(
      `${key}&${members
        .slice(1)
        .map(({ system }) => system.key)
        .join("&")}`,
      { members, weigh: () => ({ weights }), rule: rule === 1 ? "vote" : "mean", atLeast },
      host.yieldToHost,
    );
  },
};

/** A bundled model as a member beside the open one. @throws LabError where the two can't answer together */
export async function besides(
  inner: System,
  id: string,
  { system }: DefenseHost,
): Promise<{ readonly label: string; readonly system: System }> {
  if (!system) throw new LabError("model-not-found", `This lab has no model "${id}".`);
  const other = await system(id, BESIDE_PRECISION);
  checkAlike(inner.manifest, other.manifest);
  return { label: other.manifest.name, system: other };
}
