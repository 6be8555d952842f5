import { createHash } from "node:crypto";
import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { gitBlobHash, sha256, sha256Hex, sha256OfStream } from "./sha256.ts";

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

  it("is the same however the bytes are cut", async () => {
    const bytes = new Uint8Array(1000).map((_, i) => i * 31);
    const expected = createHash("sha256").update(bytes).digest("hex");
    for (const step of [1, 63, 64, 65, 200, 1000]) {
      const pieces = async function* () {
        for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
      };
      expect(await sha256OfStream(pieces())).toBe(expected);
    }
    expect(await sha256OfStream((async function* () {})())).toBe(
      createHash("sha256").digest("hex"),
    );
  });
});

it("names a file as git does", async () => {
  // printf 'hello\n' | git hash-object --stdin
  const hello = new TextEncoder().encode("hello\n");
  expect(await gitBlobHash(hello)).toBe("ce013625030ba8dba906f756967f9e9ca394464a");
});
