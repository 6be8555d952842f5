import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CACHES, forget, graphKey, keep, keepFetched, keptKeys, readKept } from "./fileCache.ts";

const KEY = "http://localhost/assets/runtime-abcd1234.wasm";
const BYTES = Uint8Array.of(1, 2, 3);

/** Cache storage as browsers have it, in memory. */
class MemoryCache {
  readonly entries = new Map<string, Response>();
  match = (key: string) => Promise.resolve(this.entries.get(key)?.clone());
  put = (key: string, response: Response) => {
    this.entries.set(key, response);
    return Promise.resolve();
  };
  delete = (key: string) => Promise.resolve(this.entries.delete(key));
  keys = () => Promise.resolve([...this.entries.keys()].map((url) => ({ url })));
}

let cache: MemoryCache;
beforeEach(() => {
  cache = new MemoryCache();
  vi.stubGlobal("caches", { open: () => Promise.resolve(cache) });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("gives back what was kept, until it is forgotten", async () => {
  expect(await readKept(CACHES.runtime, KEY)).toBeUndefined();
  expect(await keep(CACHES.runtime, KEY, BYTES)).toBe(true);
  expect(await readKept(CACHES.runtime, KEY)).toEqual(BYTES);
  expect([...(await keptKeys(CACHES.runtime))]).toEqual([KEY]);
  await forget(CACHES.runtime, KEY);
  expect(await readKept(CACHES.runtime, KEY)).toBeUndefined();
});

it("names a graph by its hash, whatever path it came from", () => {
  const key = graphKey("https://lab.example/course/models/base/vision.onnx", "ab12");
  expect(key).toBe("https://lab.example/penumbra-cache/ab12");
});

const refusal = () => Promise.reject(new DOMException("Internal error", "UnknownError"));
const never = () => new Promise<never>(() => {});

/** Every way in which a storage is known to fail, and the sentence of one that says why. */
const FAULTS: readonly (readonly [string, () => void])[] = [
  ["is missing, as on a plain http page", () => vi.stubGlobal("caches", undefined)],
  ["refuses to open", () => vi.stubGlobal("caches", { open: refusal })],
  [
    "throws at the touch",
    () =>
      Object.defineProperty(globalThis, "caches", {
        configurable: true,
        get: () => {
          throw new DOMException("The operation is insecure.", "SecurityError");
        },
      }),
  ],
  [
    "opens and refuses everything else",
    () => Object.assign(cache, { match: refusal, put: refusal, delete: refusal, keys: refusal }),
  ],
  [
    "has a damaged entry",
    () => {
      const broken = { arrayBuffer: refusal } as unknown as Response;
      Object.assign(cache, { match: () => Promise.resolve(broken), put: refusal, keys: refusal });
    },
  ],
];

describe.each(FAULTS)("a storage that %s", (_, breakIt) => {
  it("keeps nothing and breaks nothing", async () => {
    breakIt();
    expect(await readKept(CACHES.models, KEY)).toBeUndefined();
    expect(await keep(CACHES.models, KEY, BYTES)).not.toBe(true);
    expect((await keptKeys(CACHES.models)).size).toBe(0);
    await forget(CACHES.models, KEY);
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(BYTES)));
    await keepFetched(CACHES.runtime, KEY);
  });
});

it("does not wait for a storage that never answers", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("caches", { open: never });
  const reading = readKept(CACHES.models, KEY);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await reading).toBeUndefined();
});

it("says in the browser's words why something was not kept", async () => {
  const full = () => Promise.reject(new DOMException("Quota exceeded.", "QuotaExceededError"));
  cache.put = full;
  expect(await keep(CACHES.models, KEY, BYTES)).toBe("Quota exceeded.");
});

describe("keepFetched", () => {
  it("keeps a file once, from the browser's own copy", async () => {
    const fetched = vi.fn((_url: string, _options: RequestInit) =>
      Promise.resolve(new Response(BYTES)),
    );
    vi.stubGlobal("fetch", fetched);
    await keepFetched(CACHES.runtime, KEY);
    await keepFetched(CACHES.runtime, KEY);
    expect(fetched.mock.calls).toEqual([[KEY, { cache: "force-cache" }]]);
    expect(await readKept(CACHES.runtime, KEY)).toEqual(BYTES);
  });

  it("lets go of the same file of an older build, and of nothing else", async () => {
    const old = "http://localhost/assets/runtime-zzzz9999.wasm";
    const other = "http://localhost/assets/codec-zzzz9999.wasm";
    await keep(CACHES.runtime, old, BYTES);
    await keep(CACHES.runtime, other, BYTES);
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(BYTES)));
    await keepFetched(CACHES.runtime, KEY);
    expect([...(await keptKeys(CACHES.runtime))].sort()).toEqual([other, KEY].sort());
  });

  it("keeps no answer that is an error", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("gone", { status: 404 })));
    await keepFetched(CACHES.runtime, KEY);
    expect((await keptKeys(CACHES.runtime)).size).toBe(0);
  });
});
