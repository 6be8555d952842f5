/** Where a model's files come from: a folder on a server, files that a reader dropped, or a folder on disk. */
import { LabError } from "../../errors/labError.ts";
import { sha256Hex } from "../../host/sha256.ts";

/** What a manifest says of a file. */
export interface ExpectedFile {
  readonly sha256: string;
  readonly bytes: number;
}

export interface ByteSource {
  /**
   * A file by its path in the model's folder, "/" between folders; undefined where the source has no such file.
   * @throws LabError "model-damaged" when it is not the expected file, or why it cannot be read
   */
  read(path: string, expected?: ExpectedFile): Promise<Uint8Array | undefined>;
}

/** @throws LabError "model-not-found" where the source has no such file */
export async function readFile(
  source: ByteSource,
  path: string,
  expected?: ExpectedFile,
): Promise<Uint8Array> {
  const bytes = await source.read(path, expected);
  if (bytes) return bytes;
  throw new LabError("model-not-found", `The model's folder has no file ${path}.`);
}

/** @throws LabError "model-damaged" when the file holds no JSON */
export async function readJson(source: ByteSource, path: string): Promise<unknown> {
  const bytes = await readFile(source, path);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new LabError("model-damaged", `${path} is not valid JSON.`, { cause });
  }
}

/** @throws LabError "model-damaged" when the bytes are not the ones that the manifest names */
export async function requireHash(
  bytes: Uint8Array,
  expected: ExpectedFile,
  { path, hint }: { readonly path: string; readonly hint: string },
): Promise<void> {
  const hash = await sha256Hex(bytes);
  if (hash === expected.sha256) return;
  throw new LabError(
    "model-damaged",
    `The model file ${path} is not the one its manifest names (sha256 ${hash.slice(0, 12)}, expected ${expected.sha256.slice(0, 12)}).`,
    { hint },
  );
}
