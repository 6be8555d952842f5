/** What can be kept for work without a network, part by part, and the keeping of it. */
import { sha256Hex } from "./sha256.ts";
import { CACHES, forget, graphKey, keep, keptKeys } from "./fileCache.ts";
import type { CacheName } from "./fileCache.ts";

export interface OfflineFile {
  /** Relative to the page. */
  readonly path: string;
  readonly bytes: number;
  /** Of a model's graph. */
  readonly sha256?: string;
}

/** Files that are of use together. */
export interface OfflinePart {
  /** "runtime", "webgpu", "decoders", or a model and its weights: "base int8". */
  readonly id: string;
  readonly files: readonly OfflineFile[];
}

export interface OfflineState {
  readonly kept: readonly string[];
  readonly missing: readonly string[];
  /** Size of what is not kept; a file of two parts counts once. */
  readonly missingBytes: number;
}

export const NOTHING_KEPT: OfflineState = { kept: [], missing: [], missingBytes: 0 };

/** Which parts are complete in this browser. `base` is the page's folder. */
export async function offlineState(
  parts: readonly OfflinePart[],
  base: string,
): Promise<OfflineState> {
  const present = await presentKeys();
  const isKept = (file: OfflineFile) => present.has(placeOf(file, base).key);
  const isComplete = (part: OfflinePart) => part.files.every(isKept);
  return {
    kept: parts.filter(isComplete).map(({ id }) => id),
    missing: parts.filter((part) => !isComplete(part)).map(({ id }) => id),
    missingBytes: missingFiles(parts, isKept).reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/**
 * Fetches and keeps every file that is not kept yet, one after the other; what is kept stays when a later file fails.
 * Graphs of models that the list no longer names are let go.
 * @returns null, or a sentence on what kept it from finishing
 */
export async function keepParts(
  parts: readonly OfflinePart[],
  base: string,
  onProgress: (bytes: number) => void,
): Promise<string | null> {
  const present = await presentKeys();
  const files = missingFiles(parts, (file) => present.has(placeOf(file, base).key));
  let done = 0;
  for (const file of files) {
    const reason = await keepFile(file, base, (bytes) => onProgress(done + bytes));
    if (reason !== null) return reason;
    done += file.bytes;
  }
  const named = new Set(parts.flatMap(({ files: all }) => all.map((f) => placeOf(f, base).key)));
  for (const key of await keptKeys(CACHES.models)) {
    if (!named.has(key)) await forget(CACHES.models, key);
  }
  return null;
}

async function keepFile(
  file: OfflineFile,
  base: string,
  onProgress: (bytes: number) => void,
): Promise<string | null> {
  const url = new URL(file.path, base).href;
  const response = await fetch(url).catch(() => undefined);
  if (!response) return `The connection was lost at ${file.path}.`;
  if (!response.ok) return `The server has no ${file.path} (${response.status}).`;
  const bytes = await readAll(response, onProgress).catch(() => undefined);
  if (!bytes) return `The connection was lost at ${file.path}.`;
  const isWhole =
    bytes.length === file.bytes && (!file.sha256 || (await sha256Hex(bytes)) === file.sha256);
  if (!isWhole) return `${file.path} is another file than this page expects: reload the page.`;
  const { cache, key } = placeOf(file, base);
  // With its headers: a browser compiles WebAssembly only from a file that says it is.
  const type = response.headers.get("content-type") ?? "application/octet-stream";
  const copy = new Response(bytes, { headers: { "content-type": type } });
  const kept = await keep(cache, key, copy);
  return kept === true ? null : `The browser did not keep ${file.path}: ${kept}`;
}

async function readAll(
  response: Response,
  onProgress: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let read = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    read += value.length;
    onProgress(read);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Where a file is looked for by whoever needs it: the engine for graphs, the service worker for the rest. */
function placeOf(file: OfflineFile, base: string): { cache: CacheName; key: string } {
  const url = new URL(file.path, base).href;
  if (file.sha256) return { cache: CACHES.models, key: graphKey(url, file.sha256) };
  return { cache: file.path.endsWith(".wasm") ? CACHES.runtime : CACHES.manifests, key: url };
}

async function presentKeys(): Promise<ReadonlySet<string>> {
  const sets = await Promise.all(Object.values(CACHES).map(keptKeys));
  return new Set(sets.flatMap((keys) => [...keys]));
}

function missingFiles(
  parts: readonly OfflinePart[],
  isKept: (file: OfflineFile) => boolean,
): readonly OfflineFile[] {
  const byPath = new Map(parts.flatMap(({ files }) => files).map((file) => [file.path, file]));
  return [...byPath.values()].filter((file) => !isKept(file));
}
