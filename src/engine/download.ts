/** Fetches model files with byte progress, keeps them in the browser's cache by hash, and refuses a file that changed. */
import { LabError } from "../errors/labError.ts";
import { sha256Hex } from "../host/sha256.ts";

export interface DownloadProgress {
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly fromCache: boolean;
}

export interface ExpectedFile {
  readonly sha256: string;
  readonly bytes: number;
}

const CACHE_NAME = "penumbra-models-1";

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
  const cache = await openCache();
  const cacheKey = `${new URL(url).origin}/penumbra-cache/${expected.sha256}`;
  const cached = await cache?.match(cacheKey);
  if (cached) {
    const bytes = new Uint8Array(await cached.arrayBuffer());
    if ((await sha256Hex(bytes)) === expected.sha256) {
      onProgress({ loadedBytes: bytes.length, totalBytes: bytes.length, fromCache: true });
      return bytes;
    }
    await cache?.delete(cacheKey);
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
  try {
    await cache?.put(cacheKey, new Response(bytes as Uint8Array<ArrayBuffer>));
  } catch {
    // A full or forbidden cache costs a download next time, nothing else.
  }
  return bytes;
}

export async function fetchJson(url: string): Promise<unknown> {
  const response = await fetchOrThrow(url);
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
      hint: "Open the page once while connected; after that it works offline.",
      cause,
    });
  }
  if (response.ok) return response;
  throw new LabError(
    "model-not-found",
    `${fileName(url)} could not be loaded (the server answered ${response.status}).`,
  );
}

async function openCache(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE_NAME);
  } catch {
    // Cache storage needs a secure context; without it every visit downloads again.
    return undefined;
  }
}

function fileName(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
