import { deflateRawSync, deflateSync } from "node:zlib";
import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import { LabError } from "../errors/labError.ts";
import type { LabErrorCode } from "../errors/labError.ts";
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

async function refusal(file: Uint8Array): Promise<LabError> {
  try {
    await loadRadiograph(file, nodeCodecs);
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error("the file was opened");
}

async function expectRefusal(
  file: Uint8Array,
  code: LabErrorCode,
  sentence: RegExp,
): Promise<void> {
  const { code: actual, message } = await refusal(file);
  expect({ code: actual, message }).toEqual({ code, message: expect.stringMatching(sentence) });
}

const SAMPLES = Array.from({ length: 64 }, (_, i) => (i * 61) % 4096);
const gray = (extra: DicomElements = {}): DicomElements =>
  imageElements(8, 8, 12, { [TAG.pixelData]: words(SAMPLES), ...extra });
const lossless = encodeJpegLossless({ rows: 8, cols: 8, precision: 12, samples: SAMPLES });
const encapsulated = (fragment: Uint8Array, uid: string, extra: DicomElements = {}): Uint8Array =>
  dicomFile(imageElements(8, 8, 12, { [TAG.pixelData]: { fragments: [fragment] }, ...extra }), uid);
const without = (elements: DicomElements, tag: string): DicomElements =>
  Object.fromEntries(Object.entries(elements).filter(([key]) => key !== tag));

describe("what is not an image", () => {
  it("refuses empty and unknown files by what they look like", async () => {
    await expectRefusal(new Uint8Array(0), "file-empty", /^This file is empty\.$/);
    await expectRefusal(
      ascii("hello"),
      "file-unknown-format",
      /^Not a DICOM, PNG, JPEG or TIFF image\.$/,
    );
    await expectRefusal(
      ascii("PK\u0003\u0004...."),
      "file-unknown-format",
      /looks like a ZIP archive/,
    );
    await expectRefusal(ascii("%PDF-1.7"), "file-unknown-format", /looks like a PDF document/);
  });

  it("says so when a DICOM file has no image, or a document instead", async () => {
    await expectRefusal(
      dicomFile(without(gray(), TAG.pixelData)),
      "file-no-image",
      /has no image in it/,
    );
    const pdf = dicomFile({ [TAG.sopClass]: "1.2.840.10008.5.1.4.1.1.104.1" });
    await expectRefusal(pdf, "file-no-image", /holds a PDF document, not an X-ray/);
  });
});

describe("what is cut off", () => {
  it("says how much of the pixel data there is", async () => {
    const file = dicomFile(gray());
    await expectRefusal(
      file.slice(0, file.length - 50),
      "file-truncated",
      /cut off \(60% present\)\. Not shown\./,
    );
    const short = dicomFile(gray({ [TAG.pixelData]: words(SAMPLES.slice(0, 32)) }));
    await expectRefusal(short, "file-truncated", /\(50% present\)/);
  });

  it("knows a header that ends too early", async () => {
    const file = dicomFile(gray());
    await expectRefusal(file.slice(0, 140), "file-truncated", /DICOM header is cut off/);
    await expectRefusal(file.slice(0, 191), "file-truncated", /DICOM header is cut off/);
  });

  it("refuses compressed pixels without their end", async () => {
    const cut = (stream: Uint8Array): Uint8Array =>
      stream.slice(0, Math.floor(stream.length * 0.7));
    const file = encapsulated(lossless, UID.jpegLosslessSv1);
    await expectRefusal(
      file.slice(0, file.length - 40),
      "file-truncated",
      /cut off \(\d+% present\)/,
    );
    await expectRefusal(
      encapsulated(cut(lossless), UID.jpegLosslessSv1),
      "file-truncated",
      /cut off \(JPEG lossless\)/,
    );
    const j2k = await encodeWith("jpeg-2000", { rows: 8, cols: 8, bits: 12, samples: SAMPLES });
    await expectRefusal(
      encapsulated(cut(j2k), UID.jpeg2000),
      "file-truncated",
      /cut off \(JPEG 2000\)/,
    );
    const rle = encodeRle([SAMPLES], 2);
    await expectRefusal(
      encapsulated(rle.slice(0, 90), UID.rle),
      "file-truncated",
      /cut off \(RLE\)/,
    );
    const jpeg = await encodeWith("jpeg", {
      rows: 64,
      cols: 64,
      bits: 8,
      samples: new Uint8Array(4096).map((_, i) => i % 64),
    });
    await expectRefusal(cut(jpeg), "file-truncated", /cut off \(JPEG\)/);
    const png = encode({
      width: 8,
      height: 8,
      data: Uint8Array.from(SAMPLES),
      channels: 1,
      depth: 8,
    });
    await expectRefusal(cut(png), "file-truncated", /PNG image is cut off/);
  });

  it("refuses a wrapped deflated data set whose sum does not agree", async () => {
    const file = dicomFile(gray(), UID.deflated, { zlib: true });
    file[file.length - 1]! ^= 1;
    await expectRefusal(file, "file-damaged", /compressed data of this file is cut off or damaged/);
  });

  it("refuses a deflated data set that stops", async () => {
    const file = dicomFile(gray(), UID.deflated);
    await expectRefusal(
      file.slice(0, file.length - 30),
      "file-damaged",
      /compressed data of this file is cut off or damaged/,
    );
  });
});

describe("what does not fit", () => {
  it("refuses a codestream of another size, depth or colour than the header says", async () => {
    const wrongSize = encapsulated(lossless, UID.jpegLosslessSv1, { [TAG.rows]: 4 });
    await expectRefusal(
      wrongSize,
      "file-mismatch",
      /does not match the header \(8 x 4 against 8 x 8\)\. Not shown\./,
    );
    const deep = encodeJpegLossless({ rows: 8, cols: 8, precision: 16, samples: SAMPLES });
    const shallow = imageElements(8, 8, 8, { [TAG.pixelData]: { fragments: [deep] } });
    await expectRefusal(
      dicomFile(shallow, UID.jpegLosslessSv1),
      "file-mismatch",
      /8 against 16 bits a sample/,
    );
    const rgb = await encodeWith("jpeg", {
      rows: 64,
      cols: 64,
      bits: 8,
      channels: 3,
      samples: new Uint8Array(3 * 64 * 64),
    });
    const grayHeader = imageElements(64, 64, 8, { [TAG.pixelData]: { fragments: [rgb] } });
    await expectRefusal(
      dicomFile(grayHeader, UID.jpegBaseline),
      "file-mismatch",
      /1 against 3 samples a pixel/,
    );
  });

  it("refuses a wrong number of RLE segments", async () => {
    await expectRefusal(
      encapsulated(encodeRle([SAMPLES], 1), UID.rle),
      "file-mismatch",
      /1 run-length segments against 2/,
    );
  });

  it("refuses sizes over the limit before taking memory", async () => {
    const huge = dicomFile(
      gray({ [TAG.rows]: 65535, [TAG.columns]: 65535, [TAG.pixelData]: words([1, 2]) }),
    );
    await expectRefusal(
      huge,
      "file-too-large",
      /describes a 65535 x 65535 image, over this viewer's limit/,
    );
    const png = encode({ width: 8, height: 8, data: new Uint8Array(64), channels: 1, depth: 8 });
    new DataView(png.buffer, png.byteOffset).setUint32(16, 100_000);
    new DataView(png.buffer, png.byteOffset).setUint32(20, 100_000);
    await expectRefusal(png, "file-too-large", /100000 x 100000/);
  });

  it("refuses a deflate bomb in a DICOM file and in a PNG", async () => {
    const zeros = new Uint8Array(160 * 2 ** 20);
    const header = dicomFile({}, UID.deflated);
    const start = header.length - deflateRawSync(new Uint8Array(0)).length;
    const bomb = concatBytes([header.slice(0, start), deflateRawSync(zeros)]);
    await expectRefusal(bomb, "file-too-large", /expands beyond this viewer's limit/);

    const chunk = (type: string, body: Uint8Array): Uint8Array => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, body.length);
      return concatBytes([length, ascii(type), body, new Uint8Array(4)]);
    };
    const png = concatBytes([
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      chunk("IHDR", Uint8Array.of(0, 0, 0, 8, 0, 0, 0, 8, 8, 0, 0, 0, 0)),
      chunk("IDAT", deflateSync(zeros)),
      chunk("IEND", new Uint8Array(0)),
    ]);
    await expectRefusal(png, "file-too-large", /expands beyond/);
  });
});

describe("what is not supported", () => {
  it("names the compression", async () => {
    const mpeg = dicomFile(gray(), "1.2.840.10008.1.2.4.100");
    await expectRefusal(
      mpeg,
      "file-unsupported",
      /^Compressed as MPEG-2 video, which this viewer cannot read\.$/,
    );
    await expectRefusal(
      dicomFile(gray(), "1.2.3.4"),
      "file-unsupported",
      /^Unknown compression \(1\.2\.3\.4\)\.$/,
    );
    const markup = dicomFile(gray(), "<b>PHI-CANARY</b>");
    await expectRefusal(markup, "file-unsupported", /^Unknown compression \(not a valid name\)\.$/);
  });

  it("refuses palettes, masks and odd photometric interpretations", async () => {
    await expectRefusal(
      dicomFile(gray({ [TAG.photometric]: "PALETTE COLOR" })),
      "file-unsupported",
      /PALETTE COLOR, 1 samples/,
    );
    await expectRefusal(
      dicomFile(gray({ [TAG.bitsAllocated]: 12 })),
      "file-unsupported",
      /packs its pixels into words of 12 bits/,
    );
    await expectRefusal(
      dicomFile(gray({ [TAG.bitsAllocated]: 1 })),
      "file-unsupported",
      /1-bit mask/,
    );
    await expectRefusal(
      dicomFile(gray({ [TAG.photometric]: "PHI^CANARY" })),
      "file-unsupported",
      /\(unknown, 1 samples/,
    );
  });
});

describe("what is damaged", () => {
  it("refuses an image without size", async () => {
    const file = dicomFile(without(gray(), TAG.rows));
    await expectRefusal(file, "file-damaged", /describes an image of 8 x 0 pixels/);
  });

  it("refuses impossible bit depths", async () => {
    await expectRefusal(
      dicomFile(gray({ [TAG.bitsStored]: 20 })),
      "file-damaged",
      /impossible pixels \(20 of 16 bits/,
    );
    await expectRefusal(dicomFile(gray({ [TAG.highBit]: 3 })), "file-damaged", /high bit 3/);
  });

  it("names the element that is longer than the file, never its value", async () => {
    const file = dicomFile({ "0008103e": "PHI-CANARY", ...gray() });
    // The element is written as explicit UI: tag, VR, then the 16-bit length.
    const at = file.findIndex(
      (byte, i) => byte === 8 && file[i + 2] === 0x3e && file[i + 3] === 0x10,
    );
    new DataView(file.buffer).setUint16(at + 6, 65520, true);
    await expectRefusal(
      file,
      "file-damaged",
      /damaged \(element 0008,103E is longer than the file\)/,
    );
    expect(JSON.stringify(await refusal(file))).not.toContain("CANARY");
  });

  it("refuses sequences that never end or nest without end", async () => {
    const openSequence = concatBytes([words([8, 0x1140]), ascii("SQ"), words([0, 0xffff, 0xffff])]);
    const openItem = words([0xfffe, 0xe000, 0xffff, 0xffff]);
    const start = dicomFile({});
    const never = concatBytes([start, openSequence, openItem]);
    await expectRefusal(never, "file-damaged", /a sequence never ends/);
    const level = concatBytes([openSequence, openItem]);
    const deep = new Uint8Array(start.length + 20_000 * level.length);
    deep.set(start);
    for (let i = 0; i < 20_000; i++) deep.set(level, start.length + i * level.length);
    await expectRefusal(deep, "file-damaged", /nested too deeply/);
  });

  it("refuses an element that is longer than its open item in a sequence with a length", async () => {
    const item = concatBytes([
      words([0xfffe, 0xe000, 0xffff, 0xffff, 0x28, 0x3002]),
      ascii("US"),
      words([60_000, 1]),
    ]);
    const file = dicomFile(gray({ [TAG.voiLut]: { vr: "SQ", bytes: item } }));
    await expectRefusal(file, "file-damaged", /an element is longer than its item/);
  });

  it("does not take the first half of a damaged transfer syntax for another one", async () => {
    const file = dicomFile(gray(), "1.2.840.10008.1.2\0.4.57");
    await expectRefusal(file, "file-unsupported", /not a valid name/);
  });

  it("refuses codestreams without a sane header or with broken data", async () => {
    const rubbish = new Uint8Array(200).fill(0xff);
    rubbish.set([0xff, 0x4f, 0xff, 0x51]);
    await expectRefusal(
      encapsulated(rubbish, UID.jpeg2000),
      "file-damaged",
      /damaged \(JPEG 2000\)/,
    );
    // Vertical subsampling 128 for a grey picture: OpenJPH never comes back from it.
    const endless = await encodeWith("htj2k", { rows: 8, cols: 8, bits: 12, samples: SAMPLES });
    endless[44] = 128;
    await expectRefusal(encapsulated(endless, UID.htj2k), "file-damaged", /damaged \(JPEG 2000\)/);
    const rle = encodeRle([SAMPLES], 2);
    new DataView(rle.buffer).setUint32(4, 3, true);
    await expectRefusal(encapsulated(rle, UID.rle), "file-damaged", /damaged \(RLE\)/);
    const stops = lossless.slice();
    stops.set([0xff, 0xd9], lossless.length - 30);
    await expectRefusal(
      encapsulated(stops, UID.jpegLosslessSv1),
      "file-damaged",
      /damaged \(JPEG lossless\)/,
    );
  });

  it("refuses compressed pixels where the header says uncompressed, and the reverse", async () => {
    await expectRefusal(
      encapsulated(lossless, UID.explicit),
      "file-damaged",
      /says explicit little endian, but the pixels are compressed/,
    );
    await expectRefusal(
      dicomFile(gray(), UID.rle),
      "file-damaged",
      /says RLE, but the pixels are not compressed/,
    );
  });

  it("checks the checksums of a PNG", async () => {
    const png = encode({
      width: 8,
      height: 8,
      data: Uint8Array.from(SAMPLES),
      channels: 1,
      depth: 8,
    });
    png[29] = png[29]! ^ 0xff;
    await expectRefusal(png, "file-damaged", /PNG image is damaged/);
  });
});
