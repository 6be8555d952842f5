/** Hashes of the graphs that would run, from the models' manifests: nothing is loaded for them. */
import { graphsSha256 } from "../../model/manifest.ts";
import type { Backend } from "../../model/backend.ts";
import type { RowMaker } from "../../study/rowKey.ts";
import { bundledManifest } from "../modelFiles.ts";
import { sha256Text } from "./rowFolder.ts";

export function nodeRowMaker(backend: Backend): RowMaker {
  const known = new Map<string, Promise<string>>();
  return {
    backend,
    sha256: sha256Text,
    modelSha256(id, precision) {
      const name = `${id} ${precision}`;
      // A model that is not there has no hash; its rows say that it is missing.
      const hash =
        known.get(name) ??
        bundledManifest(id)
          .then((manifest) => graphsSha256(manifest, precision))
          .catch(() => "");
      known.set(name, hash);
      return hash;
    },
  };
}
