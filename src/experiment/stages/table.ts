/** Every stage in the order it runs. A new one is a file beside this and a line here; an instrument is a line in its registry. */
import { INSTRUMENTS } from "../instruments/registry.ts";
import type { ExperimentSpec } from "../spec.ts";
import type { Stage } from "../stage.ts";
import { certificateStage } from "./certificate.ts";
import { disturbedStage } from "./disturbed.ts";
import { gradientCheckStage } from "./gradientCheck.ts";
import { inputStage } from "./input.ts";
import { instrumentStage } from "./instrument.ts";
import { metricsStage } from "./metrics.ts";
import { cleanStage, readoutStage } from "./readout.ts";
import { relevanceStage } from "./relevance.ts";
import { modelStage, systemStage } from "./system.ts";
import { undefendedStage } from "./undefended.ts";

const CORE: readonly Stage[] = [
  modelStage,
  inputStage,
  systemStage,
  cleanStage,
  disturbedStage,
  readoutStage,
  metricsStage,
  undefendedStage,
  certificateStage,
  gradientCheckStage,
  relevanceStage,
];

/** The stages of an experiment: the core, then its instruments in the experiment's order. */
export function stagesOf(spec: ExperimentSpec): readonly Stage[] {
  const instruments = spec.instruments.flatMap((item) => {
    const definition = INSTRUMENTS[item.instrument];
    return definition ? [instrumentStage(definition)] : [];
  });
  return [...CORE, ...instruments];
}
