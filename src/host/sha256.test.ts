import { createHash } from "node:crypto";
import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { sha256, sha256Hex } from "./sha256.ts";

const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

describe("sha256Hex", () => {
  it("gives the standard's example, with and without Web Crypto", async () => {
    const bytes = Uint8Array.of(0x61, 0x62, 0x63);
    expect(await sha256Hex(bytes)).toBe(ABC);
    vi.stubGlobal("crypto", {});
    try {
      expect(await sha256Hex(bytes)).toBe(ABC);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("hashes a model's megabytes without Web Crypto", async () => {
    const bytes = new Uint8Array(3_000_001).map((_, i) => (i * 2654435761) >>> 13);
    const expected = createHash("sha256").update(bytes).digest("hex");
    vi.stubGlobal("crypto", {});
    try {
      expect(await sha256Hex(bytes)).toBe(expected);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("agrees with Node at every length", () => {
    assert(
      property(uint8Array({ maxLength: 300 }), (bytes) => {
        const expected = createHash("sha256").update(bytes).digest();
        expect(Array.from(sha256(bytes))).toEqual(Array.from(expected));
      }),
    );
  });
});
