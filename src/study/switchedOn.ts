/** Stages that run only where the experiment says so: a measure that needs one is empty without it. */
import type { ExperimentSpec } from "../experiment/spec.ts";
import type { Need } from "./measures.ts";

const INSTRUMENT = "instrument:";

export function isSwitchedOn(stage: Need, spec: ExperimentSpec): boolean {
  if (stage === "certificate") return spec.certificate.enabled;
  if (stage === "relevance") return spec.relevance.enabled;
  if (!String(stage).startsWith(INSTRUMENT)) return true;
  const id = String(stage).slice(INSTRUMENT.length);
  return spec.instruments.some(({ instrument, enabled }) => enabled && instrument === id);
}

/** "certificate.enabled", "relevance.enabled" or the instrument's entry: where it is switched on. */
export function switchOf(stage: Need): string {
  const name = String(stage);
  if (!name.startsWith(INSTRUMENT)) return `"${name}": { "enabled": true }`;
  return `"instruments": [{ "instrument": "${name.slice(INSTRUMENT.length)}" }]`;
}
