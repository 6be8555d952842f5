import { describe, expect, it } from "vitest";
import { isUnfetched, loadPart } from "./loadPart.ts";

describe("loadPart", () => {
  it.each([
    "Failed to fetch dynamically imported module: http://lab.example/assets/SharePanel-1.js",
    "error loading dynamically imported module: http://lab.example/assets/SharePanel-1.js",
    "Importing a module script failed.",
    "Unable to preload CSS for /assets/SharePanel-1.css",
    "both async and sync fetching of the wasm failed",
    "no available backend found. ERR: [wasm] RuntimeError: Aborted(CompileError: WebAssembly.instantiate(): BufferSource argument is empty)",
  ])("says of %j that the page needs a reload", async (message) => {
    const gone = loadPart(() => Promise.reject(new TypeError(message)));
    await expect(gone).rejects.toMatchObject({
      code: "page-outdated",
      hint: expect.stringContaining("Reload") as string,
    });
  });

  it("leaves what the part itself throws, and what it gives, as they are", async () => {
    const own = new RangeError("Array length must be positive");
    await expect(loadPart(() => Promise.reject(own))).rejects.toBe(own);
    expect(await loadPart(() => Promise.resolve(3))).toBe(3);
  });
});

it("tells an unfetched worker from one that failed", () => {
  expect(isUnfetched({})).toBe(true);
  expect(isUnfetched({ message: "Uncaught RangeError" })).toBe(false);
});
