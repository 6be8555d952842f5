/** Hashes of the graphs that would run, from the packages' manifests: nothing is loaded for them. */
import { readJson } from "../../graphs/sources/byteSource.ts";
import { parseLinkManifest } from "../../model/linkManifest.ts";
import type { LinkManifest } from "../../model/linkManifest.ts";
import { graphsSha256 } from "../../model/manifest.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import type { Backend } from "../../model/backend.ts";
import { graphsBeside } from "../../study/rowGraphs.ts";
import type { RowMaker } from "../../study/rowKey.ts";
import type { OwnModels } from "./ownModels.ts";
import { bundledManifest, bundledSource } from "../modelFiles.ts";
import { sha256Text } from "./rowFolder.ts";

/** @param own readers' models, by id */
export function nodeRowMaker(backend: Backend, own?: OwnModels): RowMaker {
  const manifest = once(
    async (id): Promise<ModelManifest> => own?.get(id)?.manifest ?? (await bundledManifest(id)),
  );
  const linkManifest = once(async (id): Promise<LinkManifest> =>
    parseLinkManifest(await readJson(await bundledSource(id), "manifest.json")),
  );
  return {
    backend,
    sha256: sha256Text,
    // A model that is not there has no hash; its rows say that it is missing.
    modelSha256: async (id, precision) => {
      try {
        return graphsSha256(await manifest(id), precision);
      } catch {
        return "";
      }
    },
    graphsBeside: (spec) => graphsBeside(spec, { manifest, linkManifest }),
  };
}

/** Reads each package once. */
function once<T>(read: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (id) => {
    const reading = known.get(id) ?? read(id);
    known.set(id, reading);
    return reading;
  };
}
