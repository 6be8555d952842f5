/** A model package over HTTP: manifest, tokenizer and verified graphs, with byte progress. */
import { LabError } from "../errors/labError.ts";
import { loadTokenizer } from "../language/tokenizer.ts";
import { OPENED_ROLES } from "../model/catalog.ts";
import { modelFile, parseManifest, parseParity } from "../model/manifest.ts";
import type { ModelManifest, ParityReference, Precision } from "../model/manifest.ts";
import { downloadVerified, fetchJson } from "./sources/http.ts";
import type { ModelFiles } from "./openModel.ts";

export interface FileProgress {
  readonly file: string;
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly fromCache: boolean;
}

export interface ModelPackage {
  readonly manifest: ModelManifest;
  readonly parity: ParityReference | undefined;
  readonly files: ModelFiles;
}

/**
 * Fetches a package and both graphs the lab runs; progress counts the bytes of each file.
 * @throws LabError "model-not-found" | "model-damaged" | "model-incompatible"
 */
export async function fetchModelPackage(
  assetsUrl: string,
  id: string,
  precision: Precision,
  onProgress: (progress: FileProgress) => void,
): Promise<ModelPackage> {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(id)) {
    throw new LabError("model-not-found", `"${id}" is not the name of a model.`);
  }
  const folder = new URL(`models/${id}/`, assetsUrl).href;
  const manifest = parseManifest(await fetchJson(`${folder}manifest.json`));
  if (!manifest.tokenizer) {
    throw new LabError("model-incompatible", `Model ${id} has no tokenizer, so it can't answer.`);
  }
  const wanted = OPENED_ROLES.map((role) => modelFile(manifest, role, precision));
  const [bytes, tokenizerJson, parityJson] = await Promise.all([
    Promise.all(
      wanted.map((file) =>
        downloadVerified(`${folder}${file.path}`, file, ({ loadedBytes, fromCache }) =>
          onProgress({ file: file.path, loadedBytes, totalBytes: file.bytes, fromCache }),
        ),
      ),
    ),
    fetchJson(`${folder}${manifest.tokenizer.path}`),
    manifest.parity ? fetchJson(`${folder}${manifest.parity}`) : undefined,
  ]);
  const byPath = new Map(wanted.map((file, k) => [file.path, bytes[k]!]));
  return {
    manifest,
    parity: parityJson === undefined ? undefined : parseParity(parityJson),
    files: {
      manifest,
      precision,
      read: async (file) => byPath.get(file.path)!,
      tokenizer: loadTokenizer(tokenizerJson, manifest.tokenizer.specialTokens),
    },
  };
}
