import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CACHES, graphKey, keep } from "./fileCache.ts";
import { keepParts, offlineState } from "./offlineParts.ts";
import type { OfflineFile, OfflinePart } from "./offlineParts.ts";

const BASE = "http://localhost/course/";
const GRAPH = new Uint8Array(5000).fill(9);
const SERVED: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "assets/runtime-abcd1234.wasm": new Uint8Array(3000).fill(1),
  "models/base/manifest.json": new Uint8Array(40).fill(2),
  "models/base/vision.onnx": GRAPH,
  "models/noise/vision.onnx": new Uint8Array(6000).fill(8),
};
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function file(path: string, hashed = false): OfflineFile {
  const content = SERVED[path]!;
  return { path, bytes: content.length, ...(hashed ? { sha256: sha256(content) } : {}) };
}
const MANIFEST = file("models/base/manifest.json");
const PARTS: readonly OfflinePart[] = [
  { id: "runtime", files: [file("assets/runtime-abcd1234.wasm")] },
  { id: "base int8", files: [MANIFEST, file("models/base/vision.onnx", true)] },
  { id: "noise int8", files: [MANIFEST, file("models/noise/vision.onnx", true)] },
];

/** All caches of the browser, by name and key. */
let stored: Map<string, Map<string, Response>>;
let served: Record<string, Uint8Array<ArrayBuffer>>;

beforeEach(() => {
  stored = new Map();
  served = { ...SERVED };
  vi.stubGlobal("caches", {
    open: (name: string) => {
      const entries = stored.get(name) ?? new Map<string, Response>();
      stored.set(name, entries);
      return Promise.resolve({
        match: (key: string) => Promise.resolve(entries.get(key)),
        put: (key: string, response: Response) => Promise.resolve(void entries.set(key, response)),
        delete: (key: string) => Promise.resolve(entries.delete(key)),
        keys: () => Promise.resolve([...entries.keys()].map((url) => ({ url }))),
      });
    },
  });
  vi.stubGlobal("fetch", (url: string) => {
    const bytes = served[url.slice(BASE.length)];
    if (!bytes) return Promise.reject(new TypeError("Failed to fetch"));
    const headers = { "content-type": url.endsWith(".wasm") ? "application/wasm" : "text/plain" };
    return Promise.resolve(new Response(bytes, { headers }));
  });
});
afterEach(() => vi.unstubAllGlobals());

describe("keepParts", () => {
  it("keeps all where the engine and the service worker look for it, and says how far it is", async () => {
    const progress: number[] = [];
    expect(await keepParts(PARTS, BASE, (bytes) => progress.push(bytes))).toBeNull();
    const total = Object.values(SERVED).reduce((sum, { length }) => sum + length, 0);
    expect(progress.at(-1)).toBe(total);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));

    const runtime = stored.get(CACHES.runtime)!.get(`${BASE}assets/runtime-abcd1234.wasm`)!;
    // Browsers compile streamed WebAssembly under this type only.
    expect(runtime.headers.get("content-type")).toBe("application/wasm");
    const key = graphKey(`${BASE}models/base/vision.onnx`, sha256(GRAPH));
    const graph = stored.get(CACHES.models)!.get(key)!;
    expect(new Uint8Array(await graph.arrayBuffer())).toEqual(GRAPH);
    expect([...stored.get(CACHES.manifests)!.keys()]).toEqual([`${BASE}models/base/manifest.json`]);
    expect(await offlineState(PARTS, BASE)).toEqual({
      kept: ["runtime", "base int8", "noise int8"],
      missing: [],
      missingBytes: 0,
    });
  });

  it("fetches only what is missing", async () => {
    await keepParts(PARTS.slice(0, 2), BASE, () => {});
    expect(await offlineState(PARTS, BASE)).toEqual({
      kept: ["runtime", "base int8"],
      missing: ["noise int8"],
      // The manifest that both share is there.
      missingBytes: 6000,
    });
    served = { "models/noise/vision.onnx": SERVED["models/noise/vision.onnx"]! };
    expect(await keepParts(PARTS, BASE, () => {})).toBeNull();
  });

  it("says where the connection was lost, and leaves what was kept", async () => {
    delete served["models/base/vision.onnx"];
    expect(await keepParts(PARTS, BASE, () => {})).toBe(
      "The connection was lost at models/base/vision.onnx.",
    );
    expect((await offlineState(PARTS, BASE)).kept).toEqual(["runtime"]);
  });

  it.each([
    ["another graph of the same size", new Uint8Array(5000).fill(7)],
    ["half of a graph", GRAPH.slice(0, 2500)],
  ])("keeps nothing under a wrong name: %s", async (_, bytes) => {
    served["models/base/vision.onnx"] = bytes;
    expect(await keepParts(PARTS, BASE, () => {})).toContain("reload the page");
    expect(stored.get(CACHES.models)?.size ?? 0).toBe(0);
  });

  it("says in the browser's words when there is no room", async () => {
    const open = (caches as unknown as { open(name: string): Promise<object> }).open;
    const put = () => Promise.reject(new DOMException("Quota exceeded.", "QuotaExceededError"));
    vi.stubGlobal("caches", {
      open: async (name: string) => ({ ...(await open(name)), put }),
    });
    expect(await keepParts(PARTS, BASE, () => {})).toContain("Quota exceeded.");
  });

  it("lets go of graphs that no model of the list has any more", async () => {
    const old = graphKey(BASE, "0".repeat(64));
    await keep(CACHES.models, old, GRAPH);
    await keepParts(PARTS, BASE, () => {});
    expect(stored.get(CACHES.models)!.has(old)).toBe(false);
    expect(stored.get(CACHES.models)!.size).toBe(2);
  });
});

it("without any storage nothing is kept, and nothing breaks", async () => {
  vi.stubGlobal("caches", undefined);
  const { kept, missingBytes } = await offlineState(PARTS, BASE);
  expect(kept).toEqual([]);
  expect(missingBytes).toBe(14_040);
});
