/** Saves the run on screen as a JSON manifest. */
import { runManifest } from "../../experiment/manifest.ts";
import { toErrorData } from "../../errors/labError.ts";
import { saveBlob } from "../kit/saveBlob.ts";
import type { Stores } from "../context/stores.ts";
import { currentRecord } from "./currentRecord.ts";

export async function downloadManifest(stores: Stores): Promise<void> {
  try {
    const record = await currentRecord(stores);
    if (!record) return;
    const { spec, results, environment, model } = record;
    save(runManifest(spec, results, environment, model));
  } catch (error) {
    stores.results.getState().refuse(toErrorData(error));
  }
}

function save(content: object): void {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  saveBlob(new Blob([text], { type: "application/json" }), "penumbra-run.json");
}
