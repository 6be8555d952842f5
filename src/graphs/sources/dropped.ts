/** Files that a reader dropped, handed over by reference and read when they are asked for. Nothing leaves the tab. */
import type { ByteSource } from "./byteSource.ts";
import type { OwnModelFiles } from "../ownModelFiles.ts";
import { LargestTotal } from "./sizeLimit.ts";

/** The graph under its name, and the files that may hold its weights. */
export function droppedSource({ name, graph, weights }: OwnModelFiles): ByteSource {
  const total = new LargestTotal("The model");
  return {
    read: async (path) => {
      const blob = path === name ? graph : weightsAt(weights, path);
      if (!blob) return undefined;
      total.add(path, blob.size);
      return new Uint8Array(await blob.arrayBuffer());
    },
  };
}

/** Dropped one by one, files have no folder: then the last part of the location is the file's name. */
function weightsAt(weights: OwnModelFiles["weights"], location: string): Blob | undefined {
  const path = location.replace(/^\.\//, "");
  const name = path.split("/").at(-1)!;
  const elsewhere = Object.keys(weights).filter((key) => key.split("/").at(-1) === name);
  return weights[path] ?? (elsewhere.length === 1 ? weights[elsewhere[0]!] : undefined);
}
