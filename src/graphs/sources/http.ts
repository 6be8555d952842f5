/** A model's folder on a server: files with byte progress, kept in the browser's cache by hash, refused when they changed. */
import { LabError } from "../../errors/labError.ts";
import { CACHES, forget, graphKey, keep, readKept } from "../../host/fileCache.ts";
import { sha256Hex } from "../../host/sha256.ts";
import { requireHash } from "./byteSource.ts";
import type { ByteSource, ExpectedFile } from "./byteSource.ts";

export interface FileProgress {
  readonly file: string;
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly fromCache: boolean;
}

type OnProgress = (progress: Omit<FileProgress, "file" | "totalBytes">) => void;

/** @param folder its URL, ending in "/"; progress is told of files whose hash is known */
export function httpSource(
  folder: string,
  onProgress: (progress: FileProgress) => void,
): ByteSource {
  return {
    read: (path, expected) =>
      expected
        ? readVerified(`${folder}${path}`, expected, (progress) =>
            onProgress({ file: path, totalBytes: expected.bytes, ...progress }),
          )
        : readKeeping(`${folder}${path}`),
  };
}

/**
 * A verified file is kept under its hash, so that a second visit works offline and a new version never meets an old entry
 * of the cache.
 */
async function readVerified(
  url: string,
  expected: ExpectedFile,
  onProgress: OnProgress,
): Promise<Uint8Array> {
  const key = graphKey(url, expected.sha256);
  const kept = await readKept(CACHES.models, key);
  if (kept) {
    if ((await sha256Hex(kept)) === expected.sha256) {
      onProgress({ loadedBytes: kept.length, fromCache: true });
      return kept;
    }
    await forget(CACHES.models, key);
  }
  const bytes = await fetchBytes(url, onProgress);
  await requireHash(bytes, expected, {
    path: fileName(url),
    hint: "Reload the page; if it repeats, the copy on the server is damaged.",
  });
  // A copy goes into the cache's body; the model does not wait for the disk.
  void keep(CACHES.models, key, bytes);
  return bytes;
}

/** A manifest or what belongs to it, kept for a visit without a network: at the first one no service worker listens yet. */
async function readKeeping(url: string): Promise<Uint8Array> {
  const response = await fetchOrThrow(url);
  void keep(CACHES.manifests, url, response.clone());
  return new Uint8Array(await response.arrayBuffer());
}

async function fetchBytes(url: string, onProgress: OnProgress): Promise<Uint8Array> {
  const response = await fetchOrThrow(url);
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let loadedBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    loadedBytes += value.length;
    onProgress({ loadedBytes, fromCache: false });
  }
  const bytes = new Uint8Array(loadedBytes);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

async function fetchOrThrow(url: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw new LabError("model-not-found", `${fileName(url)} could not be loaded: no connection.`, {
      hint: "Without a network only what this browser has kept can be used; the menu of the backend chip says what that is.",
      cause,
    });
  }
  if (response.ok) return response;
  throw new LabError(
    "model-not-found",
    `${fileName(url)} could not be loaded (the server answered ${response.status}).`,
  );
}

function fileName(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
