/** A reader's vision-language model on disk: a folder or a zip in the layout of browser exports. */
import { stat } from "node:fs/promises";
import { isKnownFamily, readModelFolder } from "../graphs/generative/folder.ts";
import type { ModelFolder } from "../graphs/generative/folder.ts";
import { readJson } from "../graphs/sources/byteSource.ts";
import { zippedSource } from "../graphs/sources/zip.ts";
import type { NamedSource } from "../graphs/sources/zip.ts";
import { readBytes } from "./files.ts";
import { bundledFolder, folderSource } from "./modelFiles.ts";
import { namesIn } from "./modelTarget.ts";

/** Of a path, or of the id of a bundled one; undefined for a path that is no folder and no zip. */
export async function ownFolder(target: string): Promise<NamedSource | undefined> {
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory()) {
    return { names: await namesIn(target, true), source: folderSource(target, "several") };
  }
  if (found?.isFile() && /\.zip$/i.test(target)) {
    return zippedSource(await readBytes(target), target);
  }
  return found ? undefined : bundledFolder(target);
}

/** What a folder holds as a model of several graphs; undefined where its config.json says nothing of that kind. */
export async function describeOwnFolder(
  opened: NamedSource | undefined,
): Promise<ModelFolder | undefined> {
  const path = opened?.names.find(
    (name) => name === "config.json" || name.endsWith("/config.json"),
  );
  if (opened === undefined || path === undefined) return undefined;
  const config = await readJson(opened.source, path).catch(() => undefined);
  return isKnownFamily(config) ? readModelFolder(opened.names, config) : undefined;
}
