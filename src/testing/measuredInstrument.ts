/** One instrument run by the lab's own runner on the model that can be computed by hand. */
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { InstrumentResult, Quantity } from "../experiment/instruments/instrumentResult.ts";
import type { LabContext } from "../experiment/labContext.ts";
import { runExperiment } from "../experiment/run.ts";
import type { ExperimentSpec, InstrumentItem } from "../experiment/spec.ts";
import { labAround } from "./fakeLab.ts";
import { fakeModel } from "./fakeModel.ts";

const NOISE: ExperimentSpec["stack"][number] = {
  id: "noise",
  type: "perturbation",
  perturbation: "gaussianNoise",
  enabled: true,
  seed: 1,
  params: { sigma: 0.1 },
};

export function specWith(
  instrument: string,
  change: Partial<InstrumentItem> = {},
  spec: Partial<ExperimentSpec> = {},
): ExperimentSpec {
  const item = { instrument, enabled: true, seed: 1, params: {}, ...change };
  const opening = defaultSpec();
  return {
    ...opening,
    question: "Is there a pleural effusion?",
    stack: [NOISE],
    certificate: { ...opening.certificate, enabled: false },
    instruments: [item],
    ...spec,
  };
}

/** Its last result. */
export async function measured(
  spec: ExperimentSpec,
  context: LabContext = labAround(fakeModel()),
): Promise<InstrumentResult> {
  const stage = `instrument:${spec.instruments[0]!.instrument}`;
  let result: InstrumentResult | undefined;
  for await (const event of runExperiment(spec, "full", context)) {
    if (event.type === "stage" && event.stage === stage) result = event.payload as InstrumentResult;
  }
  if (!result) throw new Error(`${stage} gave nothing`);
  return result;
}

export function quantity({ quantities }: InstrumentResult, id: string): Quantity {
  const found = quantities.find((each) => each.id === id);
  if (!found) throw new Error(`no quantity ${id}`);
  return found;
}
