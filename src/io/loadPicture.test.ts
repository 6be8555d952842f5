import { deflateSync } from "node:zlib";
import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { defaultVoi, renderBytes } from "../image/voi.ts";
import { ascii, concatBytes } from "../testing/dicomBytes.ts";
import { encodeJpegLossless } from "../testing/jpegLosslessEncoder.ts";
import { chunk, PNG_SIGNATURE } from "../testing/pngChunkBytes.ts";
import { encodeWith } from "../testing/wasmEncoders.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

const load = (file: Uint8Array): Promise<Radiograph> => loadRadiograph(file, nodeCodecs);

describe("PNG", () => {
  it("keeps all 16 bits", async () => {
    const data = Uint16Array.of(0, 1, 257, 40_000, 65_534, 65_535);
    const radiograph = await load(encode({ width: 3, height: 2, data, channels: 1, depth: 16 }));
    expect(Array.from(radiograph.values)).toEqual(Array.from(data));
    expect(radiograph).toMatchObject({
      rows: 2,
      cols: 3,
      bitsStored: 16,
      source: "png",
      notices: [],
    });
  });

  it("shows 8 bits as stored and leaves 16 bits to an automatic window", async () => {
    const narrow = Uint8Array.of(100, 101);
    const stored = await load(encode({ width: 2, height: 1, data: narrow, channels: 1, depth: 8 }));
    expect(Array.from(renderBytes(stored, defaultVoi(stored)))).toEqual([100, 101]);
    const wide = Uint16Array.of(100, 4095);
    const fitted = await load(encode({ width: 2, height: 1, data: wide, channels: 1, depth: 16 }));
    expect(Array.from(renderBytes(fitted, defaultVoi(fitted)))).toEqual([0, 255]);
  });

  it("reads grey with alpha, and RGB whose channels agree, as grey", async () => {
    const alpha = Uint8Array.of(10, 255, 20, 0);
    const withAlpha = await load(
      encode({ width: 2, height: 1, data: alpha, channels: 2, depth: 8 }),
    );
    expect(Array.from(withAlpha.values)).toEqual([10, 20]);
    expect(withAlpha.notices).toEqual(["The picture's transparency is ignored."]);
    const opaque = Uint8Array.of(10, 255, 20, 255);
    const solid = await load(encode({ width: 2, height: 1, data: opaque, channels: 2, depth: 8 }));
    expect(solid.notices).toEqual([]);
    const data = Uint8Array.of(7, 7, 7, 250, 250, 250);
    const gray = await load(encode({ width: 2, height: 1, data, channels: 3, depth: 8 }));
    expect(Array.from(gray.values)).toEqual([7, 250]);
    expect(gray.notices).toEqual([]);
  });

  it("takes the brightness of colour and says so", async () => {
    const data = Uint8Array.of(255, 0, 0, 0, 255, 0);
    const color = await load(encode({ width: 2, height: 1, data, channels: 3, depth: 8 }));
    expect(Array.from(color.values)).toEqual([76, 150]);
    expect(color.notices).toEqual(["This is a colour picture; its brightness is shown."]);
  });

  it.each([
    [1, [0b10110000], [1, 0, 1, 1]],
    [2, [0b00011011], [0, 1, 2, 3]],
    [4, [0x0f, 0x27], [0, 15, 2, 7]],
  ])("unpacks %d bits a pixel", async (depth, row, expected) => {
    const radiograph = await load(png(4, 1, depth, 0, Uint8Array.from([0, ...row])));
    expect(Array.from(radiograph.values)).toEqual(expected);
    expect(radiograph.bitsStored).toBe(depth);
  });

  it("does not read text and colour profiles", async () => {
    const text = chunk("tEXt", ascii("Title\0PHI-CANARY"));
    // A profile that cannot be inflated: reading it would fail.
    const profile = chunk("iCCP", ascii("name\0\0rubbish"));
    const radiograph = await load(
      png(2, 1, 8, 0, Uint8Array.of(0, 5, 6), concatBytes([text, profile])),
    );
    expect(Array.from(radiograph.values)).toEqual([5, 6]);
    expect(JSON.stringify(radiograph)).not.toContain("CANARY");
  });

  it("looks up palettes", async () => {
    const palette = chunk("PLTE", Uint8Array.of(9, 9, 9, 200, 200, 200));
    const radiograph = await load(png(2, 1, 8, 3, Uint8Array.of(0, 1, 0), palette));
    expect(Array.from(radiograph.values)).toEqual([200, 9]);
    const beyond = png(2, 1, 8, 3, Uint8Array.of(0, 1, 2), palette);
    await expect(load(beyond)).rejects.toMatchObject({
      code: "file-damaged",
      message: "This PNG image is damaged. Not shown.",
    });
  });

  it("opens a file that lacks nothing but its last chunk", async () => {
    const whole = png(2, 1, 8, 0, Uint8Array.of(0, 5, 6));
    expect(Array.from((await load(whole.subarray(0, whole.length - 12))).values)).toEqual([5, 6]);
  });
});

describe("JPEG", () => {
  it.each([false, true])("reads grey to within its loss (progressive: %s)", async (progressive) => {
    const samples = Array.from({ length: 64 * 80 }, (_, i) => (i % 80) + Math.floor(i / 80));
    const picture = { rows: 64, cols: 80, bits: 8, samples, progressive };
    const radiograph = await load(await encodeWith("jpeg", picture));
    expect(radiograph).toMatchObject({ rows: 64, cols: 80, bitsStored: 8, source: "jpeg" });
    expect(radiograph.notices).toEqual([]);
    samples.forEach((value, i) => {
      expect(Math.abs(radiograph.values[i]! - value)).toBeLessThanOrEqual(3);
    });
  });

  it("takes the brightness of colour and says so", async () => {
    const samples = Array.from({ length: 3 * 64 * 64 }, (_, i) => [200, 80, 30][i % 3]!);
    const file = await encodeWith("jpeg", { rows: 64, cols: 64, bits: 8, channels: 3, samples });
    const radiograph = await load(file);
    const luma = 0.299 * 200 + 0.587 * 80 + 0.114 * 30;
    for (const value of radiograph.values) expect(Math.abs(value - luma)).toBeLessThanOrEqual(2);
    expect(radiograph.notices).toEqual(["This is a colour picture; its brightness is shown."]);
  });

  it("reads lossless JPEG files too", async () => {
    const samples = [0, 4095, 17, 2048, 9, 1000];
    const radiograph = await load(encodeJpegLossless({ rows: 2, cols: 3, precision: 12, samples }));
    expect(Array.from(radiograph.values)).toEqual(samples);
    expect(radiograph.bitsStored).toBe(12);
  });
});

function png(
  width: number,
  height: number,
  depth: number,
  colorType: number,
  scanlines: Uint8Array,
  extra: Uint8Array = new Uint8Array(0),
): Uint8Array {
  return concatBytes([
    PNG_SIGNATURE,
    chunk("IHDR", Uint8Array.of(0, 0, 0, width, 0, 0, 0, height, depth, colorType, 0, 0, 0)),
    extra,
    chunk("IDAT", deflateSync(scanlines)),
    chunk("IEND", new Uint8Array(0)),
  ]);
}
