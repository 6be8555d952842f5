/** A model package: manifest, tokenizer and verified graphs, out of any source. */
import { LabError } from "../errors/labError.ts";
import { loadTokenizer } from "../language/tokenizer.ts";
import type { Tokenizer } from "../language/tokenizer.ts";
import { OPENED_ROLES } from "../model/catalog.ts";
import { modelFile, parseManifest, parseParity } from "../model/manifest.ts";
import type { ModelManifest, ModelRole, ParityReference, Precision } from "../model/manifest.ts";
import { readFile, readJson } from "./sources/byteSource.ts";
import type { ByteSource } from "./sources/byteSource.ts";
import { httpSource } from "./sources/http.ts";
import type { FileProgress } from "./sources/http.ts";

export interface ModelPackage {
  readonly manifest: ModelManifest;
  readonly precision: Precision;
  readonly tokenizer: Tokenizer;
  readonly parity: ParityReference | undefined;
  /** Verified bytes of the graphs that the lab opens. */
  readonly graphs: ReadonlyMap<ModelRole, Uint8Array>;
  /** Of the text encoder, fetched when it is first asked for; undefined for a package without one. */
  readonly readText: (() => Promise<Uint8Array>) | undefined;
}

/** @throws LabError "model-not-found" | "model-damaged" | "model-incompatible" */
export async function readPackage(source: ByteSource, precision: Precision): Promise<ModelPackage> {
  const manifest = await readManifest(source);
  const { tokenizer } = manifest;
  if (!tokenizer) {
    throw new LabError(
      "model-incompatible",
      `Model ${manifest.id} has no tokenizer, so it can't answer.`,
    );
  }
  const text = manifest.files.find((f) => f.role === "text" && f.precision === precision);
  const files = OPENED_ROLES.map((role) => modelFile(manifest, role, precision));
  const [bytes, words, parity] = await Promise.all([
    Promise.all(files.map((file) => readFile(source, file.path, file))),
    readJson(source, tokenizer.path),
    manifest.parity === undefined ? undefined : readJson(source, manifest.parity),
  ]);
  return {
    manifest,
    precision,
    tokenizer: loadTokenizer(words, tokenizer.specialTokens),
    parity: parity === undefined ? undefined : parseParity(parity),
    readText: text && (() => readFile(source, text.path, text)),
    graphs: new Map(files.map(({ role }, k) => [role, bytes[k]!])),
  };
}

/** @throws LabError "model-not-found" | "model-damaged" */
export async function readManifest(source: ByteSource): Promise<ModelManifest> {
  return parseManifest(await readJson(source, "manifest.json"));
}

/**
 * A package from the server of the lab; progress counts the bytes of each graph.
 * @throws LabError "model-not-found" | "model-damaged" | "model-incompatible"
 */
export async function fetchModelPackage(
  assetsUrl: string,
  id: string,
  precision: Precision,
  onProgress: (progress: FileProgress) => void,
): Promise<ModelPackage> {
  return readPackage(httpSource(modelFolder(assetsUrl, id), onProgress), precision);
}

/** URL of a package's folder on the server. @throws LabError "model-not-found" for what names none */
export function modelFolder(assetsUrl: string, id: string): string {
  if (/^[a-z0-9][a-z0-9-]*$/.test(id)) return new URL(`models/${id}/`, assetsUrl).href;
  throw new LabError("model-not-found", `"${id}" is not the name of a model.`);
}
