/** A package of graphs to link to a model, out of any source. */
import { parseLinkManifest } from "../model/linkManifest.ts";
import type { LinkPackage } from "../model/linkManifest.ts";
import { readFile, readJson } from "./sources/byteSource.ts";
import type { ByteSource } from "./sources/byteSource.ts";

/** @throws LabError "model-not-found" | "model-damaged" */
export async function readLinkPackage(source: ByteSource): Promise<LinkPackage> {
  const manifest = parseLinkManifest(await readJson(source, "manifest.json"));
  const graphs = await Promise.all(
    manifest.files.map(
      async (file) => [file.role, await readFile(source, file.path, file)] as const,
    ),
  );
  return { manifest, graphs: new Map(graphs) };
}
