/** Saves the run on screen as a JSON manifest. */
import { runManifest } from "../../experiment/manifest.ts";
import type { StageName, StageResults } from "../../experiment/results.ts";
import { parseManifest } from "../../model/manifest.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { toErrorData } from "../../errors/labError.ts";
import { currentBackend, isStale } from "../../state/resultStore.ts";
import { BUILD } from "./build.ts";
import { saveBlob } from "../kit/saveBlob.ts";
import type { Stores } from "../context/stores.ts";

async function bundledManifest(id: string): Promise<ModelManifest> {
  const response = await fetch(new URL(`models/${id}/manifest.json`, document.baseURI));
  return parseManifest(await response.json());
}

export async function downloadManifest({ experiment, models, results }: Stores): Promise<void> {
  const state = results.getState();
  const { stages } = state;
  const backend = currentBackend(state);
  // What the results answer: an edit may be a frame ahead of them.
  const spec = state.spec ?? experiment.getState().spec;
  if (!backend) return;
  try {
    const manifest = models.getState().own[spec.model.id] ?? (await bundledManifest(spec.model.id));
    // What still shows an older request is dimmed on screen, and is no result of this experiment.
    const payloads = Object.fromEntries(
      Object.entries(stages)
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
    save(runManifest(spec, payloads, environment, manifest));
  } catch (error) {
    results.getState().refuse(toErrorData(error));
  }
}

function save(content: object): void {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  saveBlob(new Blob([text], { type: "application/json" }), "penumbra-run.json");
}
