/** Settings that several defenses by looks have. */
import type { ParamMeta } from "../../system/param.ts";

export const AGREEMENT: ParamMeta = {
  label: "Agreement",
  unit: "of the looks",
  min: 0,
  max: 1,
  step: 0.05,
  default: 0.7,
  help: "If fewer of the looks than this give the answer, the system abstains: it says that it does not know. 0 always answers.",
};

/** Expectation over transformation, Athalye et al. 2018. */
export const ATTACKER_DRAWS: ParamMeta = {
  label: "Attacker’s draws",
  unit: "",
  min: 1,
  max: 50,
  step: 1,
  default: 8,
  integer: true,
  help: "Random draws over which an attacker who knows of the defense averages each step (EOT). Fewer make an attack that is too weak to say anything about the defense.",
};
