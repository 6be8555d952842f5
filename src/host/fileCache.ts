/**
 * Files kept in the browser for a visit without a network. Cache storage is missing on plain http pages, forbidden in some
 * private windows, full, or broken: then nothing is kept and everything is fetched, which is all that may happen. No
 * function here throws, and none waits for a storage that does not answer.
 */

/** Names of the caches that the engine fills and the service worker reads (src/sw.ts). */
export const CACHES = {
  /** Graphs of models, under their hash. */
  models: "penumbra-models-1",
  /** WebAssembly of the runtime and of the codecs, under its URL. */
  runtime: "penumbra-runtime-1",
  /** Manifests, tokenizers, references and cards, under their URL. */
  manifests: "penumbra-manifests-1",
} as const;

export type CacheName = (typeof CACHES)[keyof typeof CACHES];

/** What a broken storage may cost before the network is asked. */
const PATIENCE_MS = 3_000;

/** Under what a model's graph is kept: its own hash, so that a new version never meets an old one. */
export function graphKey(url: string, sha256: string): string {
  return `${new URL(url).origin}/penumbra-cache/${sha256}`;
}

/** The kept bytes, or undefined. */
export async function readKept(cache: CacheName, key: string): Promise<Uint8Array | undefined> {
  return tried(async () => {
    const response = await (await caches.open(cache)).match(key);
    return response && new Uint8Array(await response.arrayBuffer());
  });
}

/** Keys of what is kept; empty where nothing can be. */
export async function keptKeys(cache: CacheName): Promise<ReadonlySet<string>> {
  const requests = await tried(async () => (await caches.open(cache)).keys());
  return new Set(requests?.map(({ url }) => url));
}

/**
 * Keeps bytes or a whole response. Nobody needs to wait for it.
 * @returns whether it was kept, else why not in the browser's words
 */
export async function keep(
  cache: CacheName,
  key: string,
  content: Uint8Array | Response,
): Promise<true | string> {
  try {
    const response =
      content instanceof Response ? content : new Response(content as Uint8Array<ArrayBuffer>);
    await (await caches.open(cache)).put(key, response);
    return true;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export async function forget(cache: CacheName, key: string): Promise<void> {
  await tried(async () => (await caches.open(cache)).delete(key));
}

/**
 * Keeps a file that something else has just fetched: the browser still has it, so it crosses the network once. Files that
 * the build has since given another hash are let go.
 */
export async function keepFetched(cache: CacheName, url: string): Promise<void> {
  const keys = await keptKeys(cache);
  if (keys.has(url)) return;
  const response = await fetch(url, { cache: "force-cache" }).catch(() => undefined);
  if (!response?.ok || (await keep(cache, url, response)) !== true) return;
  for (const old of keys)
    if (nameWithoutHash(old) === nameWithoutHash(url)) await forget(cache, old);
}

/** `name-abcd1234.wasm` without what the build adds for the content. */
function nameWithoutHash(url: string): string {
  return url.replace(/-[\w-]{8}(\.\w+)$/, "$1");
}

async function tried<T>(work: () => Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  try {
    return await Promise.race([work(), limit]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
