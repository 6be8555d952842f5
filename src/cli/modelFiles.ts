/** The bundled model packages on disk, verified as the page verifies them. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors/labError.ts";
import { parseManifest } from "../model/manifest.ts";
import type { ModelFile, ModelManifest } from "../model/manifest.ts";
import { readBytes } from "./files.ts";

const MODELS = path.join(import.meta.dirname, "../../public/models");

export interface ModelFolder {
  readonly manifest: ModelManifest;
  readText(name: string): Promise<string>;
  /** @throws LabError "model-damaged" when the bytes are not the ones the manifest names. */
  read(file: ModelFile): Promise<Uint8Array>;
}

/** Ids of the packages that come with the lab. */
export async function modelIds(): Promise<string[]> {
  const entries = await readdir(MODELS, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** @throws LabError "model-not-found" for an id that is not bundled. */
export async function openModelFolder(id: string): Promise<ModelFolder> {
  const ids = await modelIds();
  if (!ids.includes(id)) {
    throw new LabError("model-not-found", `There is no model "${id}".`, {
      hint: `Bundled: ${ids.join(", ") || "none"}.`,
    });
  }
  const readText = async (name: string): Promise<string> =>
    new TextDecoder().decode(await readBytes(path.join(MODELS, id, name)));
  return {
    manifest: parseManifest(JSON.parse(await readText("manifest.json"))),
    readText,
    read: (file) => readVerified(path.join(MODELS, id, file.path), file),
  };
}

async function readVerified(file: string, { path: name, sha256 }: ModelFile): Promise<Uint8Array> {
  const bytes = await readBytes(file);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual === sha256) return bytes;
  throw new LabError(
    "model-damaged",
    `The model file ${name} is not the one its manifest names (sha256 ${actual.slice(0, 12)}, expected ${sha256.slice(0, 12)}).`,
    { hint: "Restore it with git." },
  );
}
