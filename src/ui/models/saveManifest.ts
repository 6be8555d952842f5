/** A described model's manifest as a file, to be dropped again with the model. */
import type { ModelManifest } from "../../model/manifest.ts";
import { saveBlob } from "../kit/saveBlob.ts";

export function saveManifest(manifest: ModelManifest): void {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  saveBlob(new Blob([text], { type: "application/json" }), `${manifest.name}.manifest.json`);
}
