/** Model folders on disk: the bundled packages, verified as the page verifies them, and a reader's own. */
import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors/labError.ts";
import { readManifest } from "../graphs/modelPackage.ts";
import { readJson, requireHash } from "../graphs/sources/byteSource.ts";
import type { ByteSource } from "../graphs/sources/byteSource.ts";
import { LargestTotal } from "../graphs/sources/sizeLimit.ts";
import { parseFolderIndex } from "../model/bundledFolderManifest.ts";
import type { NamedSource } from "../graphs/sources/zip.ts";
import { isLabManifest } from "../model/manifest.ts";
import type { ModelManifest } from "../model/manifest.ts";

const MODELS = path.join(import.meta.dirname, "../../public/models");

/**
 * The files of a folder. Those without a hash count towards what one graph may weigh with its weights.
 * @param graphs "several" where each file is a graph of its own, or lies beside one
 */
export function folderSource(folder: string, graphs: "one" | "several" = "one"): ByteSource {
  const whole = new LargestTotal(folder);
  return {
    read: async (name, expected) => {
      const file = path.join(folder, name);
      const { size } = await stat(file).catch(() => ({ size: -1 }));
      if (size < 0) return undefined;
      const total = graphs === "one" ? whole : new LargestTotal(name);
      if (!expected) total.add(name, size);
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
    const source = folderSource(path.join(MODELS, name));
    if ((await source.read("manifest.json")) === undefined) continue;
    if (isLabManifest(await readJson(source, "manifest.json"))) ids.push(name);
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

/**
 * A bundled vision-language model in the layout of browser exports, each file checked as the folder's own list says;
 * undefined for an id that is none.
 */
export async function bundledFolder(id: string): Promise<NamedSource | undefined> {
  if (!(await packageFolders()).includes(id)) return undefined;
  const folder = folderSource(path.join(MODELS, id));
  if ((await folder.read("files.json")) === undefined) return undefined;
  const listed = parseFolderIndex(await readJson(folder, "files.json")).files;
  const byPath = new Map(listed.map((file) => [file.path, file]));
  return {
    names: [...byPath.keys()],
    source: { read: (name) => folder.read(name, byPath.get(name)) },
  };
}

/** @throws LabError "model-not-found" for an id that is not bundled. */
export async function bundledManifest(id: string): Promise<ModelManifest> {
  return readManifest(await bundledSource(id));
}
