/** The content key of a row: what decides its numbers and nothing else, hashed. */
import type { ExperimentSpec } from "../experiment/spec.ts";
import { canonicalJson } from "../host/canonicalJson.ts";
import type { GraphPart } from "../model/graphPartSchema.ts";
import type { Precision } from "../model/manifest.ts";
import type { Backend } from "../model/backend.ts";
import type { Need } from "./measures.ts";
import { graphsText } from "./rowGraphs.ts";
import type { PlannedRun } from "./plan.ts";
import { isSwitchedOn } from "./switchedOn.ts";

/**
 * Raise it with every change after which the same experiment gives other numbers, or a row holds other measures: rows of
 * another version are computed again. rowVersion.test.ts notices when numbers have changed.
 */
export const ROW_VERSION = 4;

/** Of members whose numbers alone changed since that version: only rows that they made are computed again. */
const REVISIONS: Readonly<Record<string, number>> = {
  strong: 2,
  honestyCard: 1,
  deepFool: 1,
  fab: 1,
  carliniWagner: 1,
};

/** What a run needs to know of the machine that will do it. */
export interface RowMaker {
  readonly backend: Backend;
  /** Hashes of the graphs that run, joined; "" for a model that is not there, whose rows say so. */
  modelSha256(id: string, precision: Precision): Promise<string>;
  /** The other graphs that its rows rest on: linked ones, other models, a text encoder. */
  graphsBeside(spec: ExperimentSpec): Promise<readonly GraphPart[]>;
  /** SHA-256 of a text's UTF-8 bytes, in hex. */
  sha256(text: string): string;
}

/** 64 hex digits. */
export async function rowKey(
  run: PlannedRun,
  stages: readonly Need[],
  maker: RowMaker,
): Promise<string> {
  const { spec, draft, known } = run;
  const model = spec ? await maker.modelSha256(spec.model.id, spec.model.precision) : "";
  const content = canonicalJson({
    version: ROW_VERSION,
    spec: spec ? decisivePart(spec, stages) : draft,
    // What is known decides which answers are right.
    known: known as unknown,
    // Measures of other stages are another row.
    stages: stages.filter((stage) => spec && isSwitchedOn(stage, spec)),
    model,
    // Absent where there are none.
    graphs: spec ? graphsText(await maker.graphsBeside(spec)) || undefined : undefined,
    backend: maker.backend,
  });
  return maker.sha256(content);
}

/** The spec without what changes no number: names of items, items that are off, a certificate nobody asks for. */
function decisivePart(spec: ExperimentSpec, stages: readonly Need[]): unknown {
  const { certificate: whole, stack, defenses, ...rest } = spec;
  const { beside: _, ...certificate } = whole;
  const nameless = <T extends { readonly id: string; readonly enabled: boolean }>(
    items: readonly T[],
  ) => items.filter(({ enabled }) => enabled).map((item) => ({ ...item, id: undefined }));
  const members = [
    ...stack.flatMap((item) => (item.type === "attack" && item.enabled ? [item.attack] : [])),
    ...spec.instruments.flatMap(({ instrument, enabled }) => (enabled ? [instrument] : [])),
  ];
  const revised = members.filter((id) => Object.hasOwn(REVISIONS, id));
  return {
    ...rest,
    ...(revised.length > 0 && { revisions: revised.map((id) => [id, REVISIONS[id]]) }),
    relevance: null,
    instruments: spec.instruments.filter(
      ({ instrument, enabled }) => enabled && stages.includes(`instrument:${instrument}`),
    ),
    stack: nameless(stack),
    defenses: nameless(defenses),
    certificate: stages.includes("certificate") && certificate.enabled ? certificate : null,
  };
}
