/** An ONNX graph out of a source, with the weights it keeps in files beside it. */
import { sha256Hex } from "../../host/sha256.ts";
import { readModel } from "../../onnx/file.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { readFile } from "./byteSource.ts";
import type { ByteSource } from "./byteSource.ts";

export interface GraphFile {
  readonly model: ModelProto;
  /** Of the graph's own file. */
  readonly bytes: number;
  readonly sha256: string;
  /** sha256 of every file that was read, by its path. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** @throws LabError "model-not-found" | "graph-invalid" | "graph-too-large" | "model-unsupported" */
export async function readGraphFile(source: ByteSource, path: string): Promise<GraphFile> {
  const bytes = await readFile(source, path);
  const hashes: Record<string, string> = { [path]: await sha256Hex(bytes) };
  const model = await readModel(bytes, async (location) => {
    const weights = await source.read(location);
    if (weights) hashes[location] = await sha256Hex(weights);
    return weights;
  });
  return { model, bytes: bytes.length, sha256: hashes[path]!, hashes };
}

/** Whether the source still holds exactly the files with these hashes. */
export async function holdsFiles(
  source: ByteSource,
  hashes: GraphFile["hashes"],
): Promise<boolean> {
  for (const [path, sha256] of Object.entries(hashes)) {
    const bytes = await source.read(path);
    if (!bytes || (await sha256Hex(bytes)) !== sha256) return false;
  }
  return true;
}
