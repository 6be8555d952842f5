/** The run on screen as it is exported: what its results answer, where they were made, and by which model. */
import type { RunRecord } from "../../experiment/exports/runRecord.ts";
import type { StageName, StageResults } from "../../experiment/results.ts";
import { parseManifest } from "../../model/manifest.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { currentBackend, isStale } from "../../state/resultStore.ts";
import type { Stores } from "../context/stores.ts";
import { BUILD } from "./build.ts";

async function bundledManifest(id: string): Promise<ModelManifest> {
  const response = await fetch(new URL(`models/${id}/manifest.json`, document.baseURI));
  return parseManifest(await response.json());
}

/** Undefined while no model is ready. @throws LabError "model-damaged" */
export async function currentRecord({
  experiment,
  models,
  results: store,
}: Pick<Stores, "experiment" | "models" | "results">): Promise<RunRecord | undefined> {
  const state = store.getState();
  const backend = currentBackend(state);
  // What the results answer: an edit may be a frame ahead of them.
  const spec = state.spec ?? experiment.getState().spec;
  if (!backend) return undefined;
  const model = models.getState().own[spec.model.id] ?? (await bundledManifest(spec.model.id));
  // What still shows an older request is dimmed on screen, and is no result of this experiment.
  const results = Object.fromEntries(
    Object.entries(state.stages)
      .filter(([stage]) => !isStale(state, stage as StageName))
      .map(([stage, entry]) => [stage, entry?.payload]),
  ) as Partial<StageResults>;
  const environment = {
    ...BUILD,
    madeAt: new Date().toISOString(),
    machine: `${navigator.userAgent}, ${navigator.hardwareConcurrency} cores, ${backend.threads} threads${backend.adapter ? `, ${backend.adapter}` : ""}`,
    backend: backend.backend,
    choice: { asked: backend.wish, reason: backend.reason },
    precision: backend.precision,
    modelSha256: backend.modelSha256,
  };
  return { spec, results, environment, model };
}
