/** Model folders on disk: the bundled packages, verified as the page verifies them, and a reader's own. */
import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors/labError.ts";
import { readManifest } from "../graphs/modelPackage.ts";
import { readJson, requireHash } from "../graphs/sources/byteSource.ts";
import type { ByteSource } from "../graphs/sources/byteSource.ts";
import { LargestTotal } from "../graphs/sources/sizeLimit.ts";
import { isLabManifest } from "../model/manifest.ts";
import type { ModelManifest } from "../model/manifest.ts";

const MODELS = path.join(import.meta.dirname, "../../public/models");

/** The files of a folder. Those without a hash count towards what one graph may weigh with its weights. */
export function folderSource(folder: string): ByteSource {
  const total = new LargestTotal(folder);
  return {
    read: async (name, expected) => {
      const file = path.join(folder, name);
      const { size } = await stat(file).catch(() => ({ size: -1 }));
      if (size < 0) return undefined;
      if (!expected) total.add(size);
      const bytes = await readFile(file);
      if (expected)
        await requireHash(bytes, expected, { path: name, hint: "Restore it with git." });
      return bytes;
    },
  };
}

/** Ids of the models that come with the lab; a package of graphs to link to them is none. */
export async function modelIds(): Promise<string[]> {
  const ids: string[] = [];
  for (const name of await packageFolders()) {
    const manifest = await readJson(folderSource(path.join(MODELS, name)), "manifest.json");
    if (isLabManifest(manifest)) ids.push(name);
  }
  return ids;
}

async function packageFolders(): Promise<string[]> {
  const entries = await readdir(MODELS, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** A package of the lab: a model, or graphs to link. @throws LabError "model-not-found" for an id that is not bundled. */
export async function bundledSource(id: string): Promise<ByteSource> {
  const folders = await packageFolders();
  if (folders.includes(id)) return folderSource(path.join(MODELS, id));
  throw new LabError("model-not-found", `There is no model "${id}".`, {
    hint: `Bundled: ${(await modelIds()).join(", ") || "none"}.`,
  });
}

/** @throws LabError "model-not-found" for an id that is not bundled. */
export async function bundledManifest(id: string): Promise<ModelManifest> {
  return readManifest(await bundledSource(id));
}
