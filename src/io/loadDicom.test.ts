import { describe, expect, it } from "vitest";
import { defaultVoi, renderBytes } from "../image/voi.ts";
import { dicomFile, imageElements, TAG, UID, words } from "../testing/dicomBytes.ts";
import type { DicomElements } from "../testing/dicomBytes.ts";
import { encodeJpegLossless } from "../testing/jpegLosslessEncoder.ts";
import { encodeRle } from "../testing/rleEncoder.ts";
import { encodeWith } from "../testing/wasmEncoders.ts";
import {
  COLS,
  ROWS,
  SAMPLES,
  SAMPLES_TABLE,
  decoded,
  gray12,
  load,
  native12,
} from "../testing/smallRadiograph.ts";

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
    const lossless = gray12({ ...representation, [TAG.pixelData]: { fragments: [jpeg] } });
    expect(await decoded(lossless, UID.jpegLosslessSv1)).toEqual(signed);
    const j2k = await encodeWith("jpeg-2000", {
      rows: ROWS,
      cols: COLS,
      bits: 12,
      signed: true,
      samples: signed,
    });
    const wavelet = gray12({ ...representation, [TAG.pixelData]: { fragments: [j2k] } });
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
      dicomFile(gray12({ [TAG.pixelData]: { fragments: [lossless] } }), UID.jpegLosslessSv1),
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
    const color = imageElements(1, 2, 8, { [TAG.samplesPerPixel]: 3, [TAG.photometric]: "RGB" });
    const interleaved = await load(dicomFile({ ...color, [TAG.pixelData]: Uint8Array.from(rgb) }));
    expect(Array.from(interleaved.values)).toEqual(expected);
    expect(interleaved.notices[0]).toMatch(/colour image \(RGB\), not a radiograph/);
    const planes = Uint8Array.of(200, 10, 100, 20, 50, 30);
    const planar = await load(
      dicomFile({ ...color, [TAG.planarConfiguration]: 1, [TAG.pixelData]: planes }),
    );
    expect(Array.from(planar.values)).toEqual(expected);
    const ls = { rows: 1, cols: 2, bits: 8, channels: 3 };
    const streams = [
      await encodeWith("jpeg-ls", { ...ls, samples: rgb }),
      await encodeWith("jpeg-ls", { ...ls, samples: planes, planar: true }),
    ];
    for (const stream of streams) {
      const file = dicomFile({ ...color, [TAG.pixelData]: { fragments: [stream] } }, UID.jpegLs);
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
    const packed = dicomFile({ ...color, [TAG.pixelData]: { fragments: [rle] } }, UID.rle);
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
    // Planes of their own (group 60xx), and one in unused bits of the pixels.
    const plane = { "60003000": Uint8Array.of(0, 0) };
    expect((await notices(plane))[0]).toMatch(/^The file brings an overlay of marks or text/);
    const two = { ...plane, "60023000": Uint8Array.of(0, 0) };
    expect((await notices(two))[0]).toMatch(/brings 2 overlays/);
    expect((await notices({ "60000102": 12 }))[0]).toMatch(/an overlay/);
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
