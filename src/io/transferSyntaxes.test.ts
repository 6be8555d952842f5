import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import {
  ascii,
  concatBytes,
  dicomFile,
  imageElements,
  TAG,
  UID,
  words,
} from "../testing/dicomBytes.ts";
import { encodeJpegLossless } from "../testing/jpegLosslessEncoder.ts";
import { encodeRle } from "../testing/rleEncoder.ts";
import { encodeWith } from "../testing/wasmEncoders.ts";
import {
  BYTES,
  COLS,
  ROWS,
  SAMPLES,
  decoded,
  gray12,
  gray8,
  load,
  native12,
} from "../testing/smallRadiograph.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

describe("transfer syntaxes", () => {
  it.each([
    ["implicit little endian", UID.implicit, true],
    ["explicit little endian", UID.explicit, true],
    ["deflated", UID.deflated, true],
    ["explicit big endian", UID.bigEndian, false],
  ])("reads %s", async (_, uid, little) => {
    expect(await decoded(gray12({ [TAG.pixelData]: words(SAMPLES, little) }), uid)).toEqual(
      SAMPLES,
    );
  });

  it("exchanges pairs of 8-bit pixels that big-endian files write as words, not as bytes", async () => {
    const swapped = Uint8Array.from(BYTES, (_, i) => BYTES[i % 2 === 0 ? i + 1 : i - 1]!);
    expect(await decoded(gray8({ [TAG.pixelData]: swapped }), UID.bigEndian)).toEqual(BYTES);
    const plain = gray8({ [TAG.pixelData]: { otherBytes: Uint8Array.from(BYTES) } });
    expect(await decoded(plain, UID.bigEndian)).toEqual(BYTES);
    // Three pixels: the byte that fills the second word stands before the last pixel.
    const odd = imageElements(1, 3, 8, { [TAG.pixelData]: Uint8Array.of(2, 1, 0, 3) });
    expect(await decoded(odd, UID.bigEndian)).toEqual([1, 2, 3]);
  });

  it("reads RLE of one and two bytes a pixel", async () => {
    const wide = gray12({ [TAG.pixelData]: { fragments: [encodeRle([SAMPLES], 2)] } });
    expect(await decoded(wide, UID.rle)).toEqual(SAMPLES);
    const narrow = gray8({ [TAG.pixelData]: { fragments: [encodeRle([BYTES], 1)] } });
    expect(await decoded(narrow, UID.rle)).toEqual(BYTES);
  });

  it.each([1, 2, 3, 4, 5, 6, 7])("reads JPEG lossless with predictor %d", async (predictor) => {
    const fragment = encodeJpegLossless(
      { rows: ROWS, cols: COLS, precision: 12, samples: SAMPLES },
      predictor,
    );
    const file = gray12({ [TAG.pixelData]: { fragments: [fragment] } });
    expect(await decoded(file, UID.jpegLossless)).toEqual(SAMPLES);
  });

  it.each([
    ["JPEG-LS", UID.jpegLs, "jpeg-ls"],
    ["JPEG 2000", UID.jpeg2000, "jpeg-2000"],
    ["high-throughput JPEG 2000", UID.htj2k, "htj2k"],
  ] as const)("reads %s of 8 and 12 bits", async (_, uid, format) => {
    const wide = await encodeWith(format, { rows: ROWS, cols: COLS, bits: 12, samples: SAMPLES });
    expect(await decoded(gray12({ [TAG.pixelData]: { fragments: [wide] } }), uid)).toEqual(SAMPLES);
    const narrow = await encodeWith(format, { rows: ROWS, cols: COLS, bits: 8, samples: BYTES });
    expect(await decoded(gray8({ [TAG.pixelData]: { fragments: [narrow] } }), uid)).toEqual(BYTES);
  });

  it("finds a JPEG 2000 codestream inside the boxes of its file format", async () => {
    const stream = await encodeWith("jpeg-2000", {
      rows: ROWS,
      cols: COLS,
      bits: 12,
      samples: SAMPLES,
    });
    const signature = Uint8Array.of(0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20, 13, 10, 0x87, 10);
    // A length of 0: the codestream box reaches to the end.
    const wrapped = concatBytes([signature, Uint8Array.of(0, 0, 0, 0), ascii("jp2c"), stream]);
    const file = gray12({ [TAG.pixelData]: { fragments: [wrapped] } });
    expect(await decoded(file, UID.jpeg2000)).toEqual(SAMPLES);
  });

  it("reads JPEG baseline to within its loss", async () => {
    const samples = Array.from({ length: 64 * 64 }, (_, i) => (i % 64) + 2 * Math.floor(i / 64));
    const fragment = await encodeWith("jpeg", { rows: 64, cols: 64, bits: 8, samples });
    const file = imageElements(64, 64, 8, { [TAG.pixelData]: { fragments: [fragment] } });
    const values = await decoded(file, UID.jpegBaseline);
    values.forEach((value, i) => expect(Math.abs(value - samples[i]!)).toBeLessThanOrEqual(3));
  });

  it("joins a picture split over fragments", async () => {
    const stream = encodeJpegLossless({ rows: ROWS, cols: COLS, precision: 12, samples: SAMPLES });
    const cut = 2 * Math.floor(stream.length / 4);
    const fragments = [stream.subarray(0, cut), stream.subarray(cut)];
    expect(await decoded(gray12({ [TAG.pixelData]: { fragments } }), UID.jpegLosslessSv1)).toEqual(
      SAMPLES,
    );
  });

  it.each([
    ["with an offset table", true],
    ["without one", false],
  ])("takes the first of several frames %s and says so", async (_, hasTable) => {
    const picture = { rows: ROWS, cols: COLS, precision: 12, samples: SAMPLES };
    const first = encodeJpegLossless(picture);
    const second = encodeJpegLossless({
      ...picture,
      samples: SAMPLES.map((value) => 4095 - value),
    });
    const even = first.length + (first.length % 2);
    const file = dicomFile(
      gray12({
        [TAG.frames]: "2",
        [TAG.pixelData]: {
          fragments: [first, second],
          ...(hasTable ? { offsets: [0, even + 8] } : {}),
        },
      }),
      UID.jpegLosslessSv1,
    );
    const radiograph = await load(file);
    expect(Array.from(radiograph.values)).toEqual(SAMPLES);
    expect(radiograph.notices).toEqual(["This file holds 2 pictures; the first is shown."]);
    const other = await loadRadiograph(file, nodeCodecs, 1);
    expect(Array.from(other.values)).toEqual(SAMPLES.map((value) => 4095 - value));
    expect(other.notices).toEqual(["This file holds 2 pictures; number 2 is shown."]);
    expect(other.frame).toEqual({ index: 1, count: 2 });
    await expect(loadRadiograph(file, nodeCodecs, 2)).rejects.toThrow(
      "There is no picture 3 in this file: it holds 2.",
    );
  });

  it("reads a bare data set without preamble, explicit or implicit", async () => {
    const elements = gray12({ [TAG.pixelData]: words(SAMPLES) });
    for (const uid of [UID.explicit, UID.implicit]) {
      const whole = dicomFile(elements, uid);
      const metaBytes = 8 + uid.length + (uid.length % 2);
      expect(Array.from((await load(whole.slice(132 + metaBytes))).values)).toEqual(SAMPLES);
      expect(Array.from((await load(whole.slice(132))).values)).toEqual(SAMPLES);
    }
  });

  it("ignores rubbish behind the pixel data", async () => {
    const file = native12();
    const longer = new Uint8Array(file.length + 5);
    longer.set(file);
    expect(Array.from((await load(longer)).values)).toEqual(SAMPLES);
  });
});
