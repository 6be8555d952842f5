/** Every stage in the order it runs. A new one is a file beside this and a line here; an instrument is a line in its registry. */
import { loadPart } from "../../host/loadPart.ts";
import type { ExperimentSpec } from "../spec.ts";
import type { Stage } from "../stage.ts";
import { besideStage } from "./beside.ts";
import { certificateStage } from "./certificate.ts";
import { disturbedStage } from "./disturbed.ts";
import { gradientCheckStage } from "./gradientCheck.ts";
import { graphsStage } from "./graphs.ts";
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
  besideStage,
  systemStage,
  cleanStage,
  disturbedStage,
  readoutStage,
  metricsStage,
  undefendedStage,
  graphsStage,
  certificateStage,
  gradientCheckStage,
  relevanceStage,
];

/**
 * The stages of an experiment: the core, then its instruments in the experiment's order. Instruments are fetched with the
 * first experiment that switches one on: before the first answer nobody waits for them.
 */
export async function stagesOf({
  instruments,
}: Pick<ExperimentSpec, "instruments">): Promise<readonly Stage[]> {
  const wanted = instruments.filter(({ enabled }) => enabled);
  if (wanted.length === 0) return CORE;
  const { INSTRUMENTS } = await loadPart(() => import("../instruments/registry.ts"));
  return [
    ...CORE,
    ...wanted.flatMap(({ instrument }) => {
      const definition = INSTRUMENTS[instrument];
      return definition ? [instrumentStage(definition)] : [];
    }),
  ];
}
