/** A model folder packed as a zip. */
import { unzipSync } from "fflate";
import { LabError } from "../../errors/labError.ts";
import type { ByteSource } from "./byteSource.ts";
import { LargestTotal } from "./sizeLimit.ts";

export interface NamedSource {
  /** Paths of all files, "/" between folders. */
  readonly names: readonly string[];
  readonly source: ByteSource;
}

/** @throws LabError "model-damaged" for bytes that are no zip, "graph-too-large" before more is unpacked than a model may weigh */
export function zippedSource(bytes: Uint8Array, name: string): NamedSource {
  const total = new LargestTotal(name);
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, {
      filter: ({ name: path, originalSize }) => {
        if (path.endsWith("/")) return false;
        total.add(path, originalSize);
        return true;
      },
    });
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    throw new LabError("model-damaged", `${name} is not a zip that can be read.`, { cause });
  }
  return {
    names: Object.keys(files),
    source: { read: (path) => Promise.resolve(files[path]) },
  };
}
