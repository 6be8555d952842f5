import { constants, deflateRawSync, deflateSync } from "node:zlib";
import { array, assert, constantFrom, integer, oneof, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { LabError } from "../errors/labError.ts";
import { concatBytes } from "../testing/dicomBytes.ts";
import { inflate, inflateZlib } from "./inflate.ts";

const SEED = 20261125;
/** Bytes with repeats near and far, and bytes without any. */
const content = oneof(
  uint8Array({ maxLength: 4000 }),
  array(uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 300 }).map(concatBytes),
  array(integer({ min: 0, max: 3 }), { maxLength: 5000 }).map((values) => Uint8Array.from(values)),
);
/** Each makes zlib write other kinds of blocks: stored, fixed codes, codes of their own. */
const options = constantFrom(
  { level: 0 },
  { level: 1 },
  { level: 9 },
  { strategy: constants.Z_FIXED },
  { strategy: constants.Z_HUFFMAN_ONLY },
  { strategy: constants.Z_RLE },
);

function outcome(run: () => Uint8Array): Uint8Array | LabError {
  try {
    return run();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
}

describe("inflate", () => {
  it("gives back what zlib deflated, whatever follows", () => {
    assert(
      property(content, options, uint8Array({ maxLength: 40 }), (data, how, tail) => {
        const stream = deflateRawSync(data, how);
        expect(Buffer.compare(inflate(concatBytes([stream, tail])), data)).toBe(0);
      }),
      { numRuns: 200, seed: SEED },
    );
  });

  it("knows where a zlib stream ended: its sum is looked for there", () => {
    assert(
      property(content, options, uint8Array({ maxLength: 40 }), (data, how, tail) => {
        const stream = Uint8Array.from(deflateSync(data, how));
        expect(Buffer.compare(inflateZlib(concatBytes([stream, tail])), data)).toBe(0);
        stream[stream.length - 1]! ^= 1;
        const wrong = concatBytes([stream, tail]);
        expect(outcome(() => inflateZlib(wrong))).toMatchObject({ code: "file-damaged" });
      }),
      { numRuns: 200, seed: SEED },
    );
  });

  it("reads runs as long and as far back as there are", () => {
    const block = Uint8Array.from({ length: 32_768 }, (_, i) => (i * i * 31 + (i >> 3)) & 255);
    const data = concatBytes([block, block, new Uint8Array(100_000), block.subarray(0, 300)]);
    expect(Buffer.compare(inflate(deflateRawSync(data, { level: 9 })), data)).toBe(0);
  });

  it("refuses a stream that stops early, wherever", () => {
    assert(
      property(content, options, integer({ min: 1, max: 200 }), (data, how, missing) => {
        const stream = deflateRawSync(data, how);
        const cut = stream.subarray(0, Math.max(0, stream.length - missing));
        expect(outcome(() => inflate(cut))).toMatchObject({ code: "file-damaged" });
      }),
      { numRuns: 200, seed: SEED },
    );
  });

  it("ends with bytes or a refusal whatever is changed", () => {
    assert(
      property(content, options, integer(), integer({ min: 1, max: 255 }), (data, how, at, by) => {
        const stream = deflateRawSync(data, how);
        const changed = Uint8Array.from(stream);
        changed[Math.abs(at) % changed.length]! ^= by;
        outcome(() => inflate(changed, 2 ** 20));
      }),
      { numRuns: 500, seed: SEED },
    );
  });

  it("holds no more than the limit", () => {
    const stream = deflateRawSync(new Uint8Array(100_001));
    expect(inflate(stream, 100_001)).toHaveLength(100_001);
    expect(outcome(() => inflate(stream, 100_000))).toMatchObject({ code: "file-too-large" });
  });

  it("checks the header and the sum of a zlib stream, when it has one", () => {
    const data = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7) & 255);
    const stream = Uint8Array.from(deflateSync(data));
    expect(Buffer.compare(inflateZlib(stream), data)).toBe(0);
    const withoutSum = stream.subarray(0, stream.length - 4);
    expect(Buffer.compare(inflateZlib(withoutSum), data)).toBe(0);
    const wrongSum = stream.slice();
    wrongSum[stream.length - 1]! ^= 1;
    expect(outcome(() => inflateZlib(wrongSum))).toMatchObject({ code: "file-damaged" });
    expect(outcome(() => inflateZlib(data))).toMatchObject({ code: "file-damaged" });
    expect(outcome(() => inflateZlib(new Uint8Array(0)))).toMatchObject({ code: "file-damaged" });
  });
});
