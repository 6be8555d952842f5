/** Fetches model files with byte progress, keeps them in the browser's cache by hash, and refuses a file that changed. */
import { LabError } from "../../errors/labError.ts";
import { CACHES, forget, graphKey, keep, readKept } from "../../host/fileCache.ts";
import { sha256Hex } from "../../host/sha256.ts";

export interface DownloadProgress {
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly fromCache: boolean;
}

export interface ExpectedFile {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * The file's bytes, verified against its sha256. A verified file is cached under its hash, so that a second visit works
 * offline and a new version never meets an old cache entry.
 * @throws LabError "model-not-found" when it can't be fetched, "model-damaged" when the hash differs.
 */
export async function downloadVerified(
  url: string,
  expected: ExpectedFile,
  onProgress: (progress: DownloadProgress) => void,
): Promise<Uint8Array> {
  const key = graphKey(url, expected.sha256);
  const kept = await readKept(CACHES.models, key);
  if (kept) {
    if ((await sha256Hex(kept)) === expected.sha256) {
      onProgress({ loadedBytes: kept.length, totalBytes: kept.length, fromCache: true });
      return kept;
    }
    await forget(CACHES.models, key);
  }
  const bytes = await fetchBytes(url, expected.bytes, onProgress);
  const hash = await sha256Hex(bytes);
  if (hash !== expected.sha256) {
    throw new LabError(
      "model-damaged",
      `The model file ${fileName(url)} is not the one its manifest names (sha256 ${hash.slice(0, 12)}, expected ${expected.sha256.slice(0, 12)}).`,
      { hint: "Reload the page; if it repeats, the copy on the server is damaged." },
    );
  }
  // A copy goes into the cache's body; the model does not wait for the disk.
  void keep(CACHES.models, key, bytes);
  return bytes;
}

/** A manifest or what belongs to it, kept for a visit without a network: at the first one no service worker listens yet. */
export async function fetchJson(url: string): Promise<unknown> {
  const response = await fetchOrThrow(url);
  void keep(CACHES.manifests, url, response.clone());
  try {
    return await response.json();
  } catch (cause) {
    throw new LabError("model-damaged", `${fileName(url)} is not valid JSON.`, { cause });
  }
}

async function fetchBytes(
  url: string,
  totalBytes: number,
  onProgress: (progress: DownloadProgress) => void,
): Promise<Uint8Array> {
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
    onProgress({ loadedBytes, totalBytes, fromCache: false });
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
