/** Every way to explain, in the order of its cost. A choice of method is a place in this list. */
import type { ParamMeta } from "../../system/param.ts";
import type { Explainer } from "./explainer.ts";
import { integratedGradients } from "./integratedGradients.ts";
import { occlusion } from "./occlusion.ts";
import { rise } from "./rise.ts";
import { gradCam, layerWeighted, relevance, rollout } from "./tokenMaps.ts";

/** New ones go to the end: experiments name them by their place. */
export const EXPLAINERS: readonly Explainer[] = [
  layerWeighted,
  rollout,
  relevance,
  gradCam,
  integratedGradients,
  occlusion,
  rise,
];

export const METHOD_PARAM: ParamMeta = {
  label: "Method",
  unit: "",
  min: 0,
  max: EXPLAINERS.length - 1,
  step: 1,
  default: EXPLAINERS.indexOf(relevance),
  integer: true,
  choices: EXPLAINERS.map((_, k) => k),
  help: "Whose map is tested, with its settings at their defaults.",
  choiceNames: EXPLAINERS.map(({ label }) => label),
};
