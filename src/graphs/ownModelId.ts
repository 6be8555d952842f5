/** Names of readers' own models. */
import { canonicalJson } from "../host/canonicalJson.ts";
import { sha256Hex } from "../host/sha256.ts";
import { OWN_MODEL_PREFIX } from "../model/catalog.ts";
import type { ModelManifest } from "../model/manifest.ts";

/** Made of what decides its results, so that a corrected manifest is another model. */
export async function ownModelId({
  files,
  input,
  outputs,
  tokenGrid,
  folder,
}: ModelManifest): Promise<string> {
  const facts = [files.map(({ sha256 }) => sha256), input, outputs, tokenGrid];
  const text = folder ? canonicalJson([...facts, folder]) : JSON.stringify(facts);
  const hex = await sha256Hex(new TextEncoder().encode(text));
  return `${OWN_MODEL_PREFIX}${hex.slice(0, 12)}`;
}
