import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { defaultVoi, renderBytes } from "../image/voi.ts";
import {
  ascii,
  concatBytes,
  dicomFile,
  imageElements,
  TAG,
  UID,
  words,
} from "../testing/dicomBytes.ts";
import type { DicomElements } from "../testing/dicomBytes.ts";
import { encodeJpegLossless } from "../testing/jpegLosslessEncoder.ts";
import { encodeRle } from "../testing/rleEncoder.ts";
import { encodeWith } from "../testing/wasmEncoders.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

const ROWS = 24;
const COLS = 20;
/** Smooth with some texture, full 12-bit range; 8-bit and signed variants follow from it. */
const SAMPLES = Array.from({ length: ROWS * COLS }, (_, i) => {
  const y = Math.floor(i / COLS);
  const x = i % COLS;
  return Math.min(4095, 170 * y + ((x * 7 + y * 3) % 11) * 17);
});
const BYTES = SAMPLES.map((value) => value >> 4);

const SAMPLES_TABLE = Array.from({ length: 4096 }, (_, i) => i);

const load = (file: Uint8Array): Promise<Radiograph> => loadRadiograph(file, nodeCodecs);
const grey12 = (extra: DicomElements = {}): DicomElements => imageElements(ROWS, COLS, 12, extra);
const grey8 = (extra: DicomElements = {}): DicomElements => imageElements(ROWS, COLS, 8, extra);
const native12 = (extra: DicomElements = {}): Uint8Array =>
  dicomFile(grey12({ [TAG.pixelData]: words(SAMPLES), ...extra }));

async function decoded(elements: DicomElements, uid: string): Promise<number[]> {
  const { values } = await load(dicomFile(elements, uid));
  return Array.from(values);
}

describe("transfer syntaxes", () => {
  it.each([
    ["implicit little endian", UID.implicit, true],
    ["explicit little endian", UID.explicit, true],
    ["deflated", UID.deflated, true],
    ["explicit big endian", UID.bigEndian, false],
  ])("reads %s", async (_, uid, little) => {
    expect(await decoded(grey12({ [TAG.pixelData]: words(SAMPLES, little) }), uid)).toEqual(
      SAMPLES,
    );
  });

  it("exchanges pairs of 8-bit pixels that big-endian files write as words, not as bytes", async () => {
    const swapped = Uint8Array.from(BYTES, (_, i) => BYTES[i % 2 === 0 ? i + 1 : i - 1]!);
    expect(await decoded(grey8({ [TAG.pixelData]: swapped }), UID.bigEndian)).toEqual(BYTES);
    const plain = grey8({ [TAG.pixelData]: { otherBytes: Uint8Array.from(BYTES) } });
    expect(await decoded(plain, UID.bigEndian)).toEqual(BYTES);
    // Three pixels: the byte that fills the second word stands before the last pixel.
    const odd = imageElements(1, 3, 8, { [TAG.pixelData]: Uint8Array.of(2, 1, 0, 3) });
    expect(await decoded(odd, UID.bigEndian)).toEqual([1, 2, 3]);
  });

  it("reads RLE of one and two bytes a pixel", async () => {
    const wide = grey12({ [TAG.pixelData]: { fragments: [encodeRle([SAMPLES], 2)] } });
    expect(await decoded(wide, UID.rle)).toEqual(SAMPLES);
    const narrow = grey8({ [TAG.pixelData]: { fragments: [encodeRle([BYTES], 1)] } });
    expect(await decoded(narrow, UID.rle)).toEqual(BYTES);
  });

  it.each([1, 2, 3, 4, 5, 6, 7])("reads JPEG lossless with predictor %d", async (predictor) => {
    const fragment = encodeJpegLossless(
      { rows: ROWS, cols: COLS, precision: 12, samples: SAMPLES },
      predictor,
    );
    const file = grey12({ [TAG.pixelData]: { fragments: [fragment] } });
    expect(await decoded(file, UID.jpegLossless)).toEqual(SAMPLES);
  });

  it.each([
    ["JPEG-LS", UID.jpegLs, "jpeg-ls"],
    ["JPEG 2000", UID.jpeg2000, "jpeg-2000"],
    ["high-throughput JPEG 2000", UID.htj2k, "htj2k"],
  ] as const)("reads %s of 8 and 12 bits", async (_, uid, format) => {
    const wide = await encodeWith(format, { rows: ROWS, cols: COLS, bits: 12, samples: SAMPLES });
    expect(await decoded(grey12({ [TAG.pixelData]: { fragments: [wide] } }), uid)).toEqual(SAMPLES);
    const narrow = await encodeWith(format, { rows: ROWS, cols: COLS, bits: 8, samples: BYTES });
    expect(await decoded(grey8({ [TAG.pixelData]: { fragments: [narrow] } }), uid)).toEqual(BYTES);
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
    const file = grey12({ [TAG.pixelData]: { fragments: [wrapped] } });
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
    expect(await decoded(grey12({ [TAG.pixelData]: { fragments } }), UID.jpegLosslessSv1)).toEqual(
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
      grey12({
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
    const elements = grey12({ [TAG.pixelData]: words(SAMPLES) });
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

describe("stored values", () => {
  it("drops bits above the stored ones", async () => {
    const dirty = SAMPLES.map((value, i) => value | ((i % 16) << 12));
    expect(Array.from((await load(native12({ [TAG.pixelData]: words(dirty) }))).values)).toEqual(
      SAMPLES,
    );
  });

  it("moves samples that end at a higher bit", async () => {
    const shifted = words(SAMPLES.map((value) => value << 4));
    const file = native12({ [TAG.highBit]: 15, [TAG.pixelData]: shifted });
    expect(Array.from((await load(file)).values)).toEqual(SAMPLES);
  });

  it("extends the sign of native, JPEG lossless and JPEG 2000 pixels", async () => {
    const signed = SAMPLES.map((value) => value - 2048);
    const twelveBits = signed.map((value) => value & 0xfff);
    const representation = { [TAG.pixelRepresentation]: 1 };
    expect(
      Array.from(
        (await load(native12({ ...representation, [TAG.pixelData]: words(twelveBits) }))).values,
      ),
    ).toEqual(signed);
    const jpeg = encodeJpegLossless({ rows: ROWS, cols: COLS, precision: 12, samples: twelveBits });
    const lossless = grey12({ ...representation, [TAG.pixelData]: { fragments: [jpeg] } });
    expect(await decoded(lossless, UID.jpegLosslessSv1)).toEqual(signed);
    const j2k = await encodeWith("jpeg-2000", {
      rows: ROWS,
      cols: COLS,
      bits: 12,
      signed: true,
      samples: signed,
    });
    const wavelet = grey12({ ...representation, [TAG.pixelData]: { fragments: [j2k] } });
    expect(await decoded(wavelet, UID.jpeg2000)).toEqual(signed);
  });

  it("reads 32-bit pixels", async () => {
    const values = Array.from({ length: 6 }, (_, i) => 70_000 * i - 100_000);
    const elements = imageElements(2, 3, 32, {
      [TAG.pixelRepresentation]: 1,
      [TAG.pixelData]: new Uint8Array(Int32Array.from(values).buffer),
    });
    expect(await decoded(elements, UID.explicit)).toEqual(values);
  });

  it("hashes stored values, not rescaled ones", async () => {
    const plain = await load(native12());
    const rescaled = await load(native12({ [TAG.slope]: "1.5", [TAG.intercept]: "-7" }));
    const lossless = encodeJpegLossless({
      rows: ROWS,
      cols: COLS,
      precision: 12,
      samples: SAMPLES,
    });
    const compressed = await load(
      dicomFile(grey12({ [TAG.pixelData]: { fragments: [lossless] } }), UID.jpegLosslessSv1),
    );
    expect(new Set([plain.rawSha256, rescaled.rawSha256, compressed.rawSha256]).size).toBe(1);
    expect(rescaled.values[5]).toBeCloseTo(SAMPLES[5]! * 1.5 - 7, 6);
  });
});

describe("grey pipeline of a file", () => {
  it("keeps integers when the rescale is whole and uses floats when it is not", async () => {
    const whole = await load(native12({ [TAG.slope]: "2", [TAG.intercept]: "-100" }));
    expect(whole.values).toBeInstanceOf(Int32Array);
    expect(whole.values[9]).toBe(2 * SAMPLES[9]! - 100);
    const fraction = await load(native12({ [TAG.slope]: "0.5", [TAG.intercept]: "0" }));
    expect(fraction.values).toBeInstanceOf(Float32Array);
  });

  it("lists several windows with their names, the first as default", async () => {
    const { vois } = await load(
      native12({
        [TAG.windowCenter]: "2000\\1200",
        [TAG.windowWidth]: "3000\\1500",
        [TAG.windowExplanation]: "NORMAL\\LUNG",
        [TAG.voiFunction]: "SIGMOID",
      }),
    );
    expect(vois).toEqual([
      { kind: "sigmoid", center: 2000, width: 3000, explanation: "NORMAL" },
      { kind: "sigmoid", center: 1200, width: 1500, explanation: "LUNG" },
    ]);
  });

  it("shows a MONOCHROME1 file like its MONOCHROME2 twin, also when it says INVERSE as well", async () => {
    const bright = await load(native12({ [TAG.windowCenter]: "1800", [TAG.windowWidth]: "2400" }));
    const inverted: DicomElements = {
      [TAG.photometric]: "MONOCHROME1",
      [TAG.pixelData]: words(SAMPLES.map((value) => 4095 - value)),
      [TAG.windowCenter]: "2296",
      [TAG.windowWidth]: "2400",
    };
    const expected = renderBytes(bright, defaultVoi(bright));
    for (const extra of [{}, { [TAG.presentationShape]: "INVERSE" }]) {
      const dark = await load(native12({ ...inverted, ...extra }));
      expect(dark.photometric).toBe("MONOCHROME1");
      expect(renderBytes(dark, defaultVoi(dark))).toEqual(expected);
    }
  });

  it("applies a VOI table and reads its depth from the entries, whatever the descriptor claims", async () => {
    const entries = Array.from({ length: 4096 }, (_, i) => Math.round((4095 * i * i) / 4095 ** 2));
    const withTable = (claimed: number): Uint8Array =>
      native12({
        [TAG.voiLut]: {
          items: [
            {
              [TAG.lutDescriptor]: [4096, 0, claimed],
              [TAG.lutExplanation]: "SQUARE",
              [TAG.lutData]: words(entries),
            },
          ],
        },
      });
    for (const claimed of [12, 16, 8]) {
      const radiograph = await load(withTable(claimed));
      const voi = defaultVoi(radiograph);
      expect(voi).toMatchObject({ kind: "table", firstValue: 0, bits: 12, explanation: "SQUARE" });
      const bytes = renderBytes(radiograph, voi);
      expect(bytes[100]).toBe(Math.floor((entries[SAMPLES[100]!]! / 4095) * 255 + 0.5));
    }
  });

  it("reads the first input of a table as signed when the pixels are", async () => {
    const radiograph = await load(
      native12({
        [TAG.pixelRepresentation]: 1,
        [TAG.voiLut]: {
          items: [{ [TAG.lutDescriptor]: [4, -2, 8], [TAG.lutData]: words([0, 10, 20, 255]) }],
        },
      }),
    );
    expect(radiograph.vois[0]).toMatchObject({ kind: "table", firstValue: -2, bits: 8 });
  });

  it("does not believe a sign that puts the whole table beyond the values", async () => {
    const table = { [TAG.lutDescriptor]: [4096, 64_512, 12], [TAG.lutData]: words(SAMPLES_TABLE) };
    const file = { [TAG.intercept]: "-1024", [TAG.voiLut]: { items: [table] } };
    expect((await load(native12(file))).vois[0]).toMatchObject({ firstValue: -1024 });
    const high = { ...file, [TAG.intercept]: "64000" };
    expect((await load(native12(high))).vois[0]).toMatchObject({ firstValue: 64_512 });
  });

  it("applies a modality table instead of slope and intercept", async () => {
    const radiograph = await load(
      native12({
        [TAG.pixelData]: words(SAMPLES.map((_, i) => i % 6)),
        [TAG.slope]: "9",
        [TAG.modalityLut]: {
          items: [{ [TAG.lutDescriptor]: [3, 1, 16], [TAG.lutData]: words([500, 600, 900]) }],
        },
      }),
    );
    expect(Array.from(radiograph.values.slice(0, 6))).toEqual([500, 500, 600, 900, 900, 900]);
    expect(radiograph.rescale).toBeUndefined();
  });

  it("gives padding in modality values, ends in order", async () => {
    const { padding } = await load(
      native12({
        [TAG.padding]: 0,
        [TAG.paddingLimit]: 10,
        [TAG.slope]: "-2",
        [TAG.intercept]: "5",
      }),
    );
    expect(padding).toEqual({ low: -15, high: 5 });
  });

  it("shows the brightness of colour images, by pixel and by plane, and says so", async () => {
    const rgb = [200, 100, 50, 10, 20, 30];
    const expected = [124, 18]; // 0.299 R + 0.587 G + 0.114 B
    const colour = imageElements(1, 2, 8, { [TAG.samplesPerPixel]: 3, [TAG.photometric]: "RGB" });
    const interleaved = await load(dicomFile({ ...colour, [TAG.pixelData]: Uint8Array.from(rgb) }));
    expect(Array.from(interleaved.values)).toEqual(expected);
    expect(interleaved.notices[0]).toMatch(/colour image \(RGB\), not a radiograph/);
    const planes = Uint8Array.of(200, 10, 100, 20, 50, 30);
    const planar = await load(
      dicomFile({ ...colour, [TAG.planarConfiguration]: 1, [TAG.pixelData]: planes }),
    );
    expect(Array.from(planar.values)).toEqual(expected);
    const ls = { rows: 1, cols: 2, bits: 8, channels: 3 };
    const streams = [
      await encodeWith("jpeg-ls", { ...ls, samples: rgb }),
      await encodeWith("jpeg-ls", { ...ls, samples: planes, planar: true }),
    ];
    for (const stream of streams) {
      const file = dicomFile({ ...colour, [TAG.pixelData]: { fragments: [stream] } }, UID.jpegLs);
      expect(Array.from((await load(file)).values)).toEqual(expected);
    }
    const rle = encodeRle(
      [
        [200, 10],
        [100, 20],
        [50, 30],
      ],
      1,
    );
    const packed = dicomFile({ ...colour, [TAG.pixelData]: { fragments: [rle] } }, UID.rle);
    expect(Array.from((await load(packed)).values)).toEqual(expected);
  });
});

describe("brightness stored as such", () => {
  it("takes the first channel of YCbCr", async () => {
    const ybr = imageElements(1, 2, 8, {
      [TAG.samplesPerPixel]: 3,
      [TAG.photometric]: "YBR_FULL",
      [TAG.pixelData]: Uint8Array.of(90, 1, 2, 33, 3, 4),
    });
    expect(Array.from((await load(dicomFile(ybr))).values)).toEqual([90, 33]);
  });
});

describe("notices", () => {
  it("opens a file with an unusable window and rescale and says so", async () => {
    const radiograph = await load(
      native12({
        [TAG.windowCenter]: "NaN",
        [TAG.windowWidth]: "0",
        [TAG.slope]: "NaN",
        [TAG.intercept]: "Infinity",
      }),
    );
    expect(radiograph.vois).toEqual([]);
    expect(Array.from(radiograph.values)).toEqual(SAMPLES);
    expect(radiograph.notices).toEqual([
      "The rescale values in the file are unusable; stored values are shown.",
      "Opened with an automatic window: the window in the file is unusable.",
    ]);
  });

  it("warns of text in the picture and of modalities the models do not know", async () => {
    const notices = async (extra: DicomElements): Promise<readonly string[]> =>
      (await load(native12(extra))).notices;
    expect(await notices({})).toEqual([]);
    expect((await notices({ [TAG.burnedIn]: "YES" }))[0]).toMatch(/may name the patient/);
    expect((await notices({ [TAG.burnedIn]: "" }))[0]).toMatch(/does not say whether text/);
    expect(await notices({ [TAG.modality]: "CT", [TAG.burnedIn]: "" })).toEqual([
      "CT image: the models expect a frontal chest radiograph.",
    ]);
  });

  it("says that a window is used where the file has a lookup table as well, and offers both", async () => {
    const table = { [TAG.lutDescriptor]: [4, 0, 8], [TAG.lutData]: words([0, 10, 20, 255]) };
    const lut = { [TAG.voiLut]: { items: [table] } };
    const both = await load(
      native12({ ...lut, [TAG.windowCenter]: "2000", [TAG.windowWidth]: "3000" }),
    );
    expect(both.vois).toHaveLength(2);
    expect(both.notices).toContainEqual(expect.stringContaining("the window is used"));
    expect((await load(native12(lut))).notices).toEqual([]);
  });

  it("lets nothing about the patient through", async () => {
    const radiograph = await load(
      native12({ "00100030": "19010101", "00081030": "PHICANARY STUDY" }),
    );
    expect(JSON.stringify({ ...radiograph, values: [] })).not.toMatch(/PHI-?CANARY|19010101/i);
  });
});
