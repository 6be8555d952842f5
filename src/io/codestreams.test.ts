/** What a codestream says itself, against what is said around it: lines, ends, depth, sign, restarts. */
import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import type { LabErrorCode } from "../errors/labError.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { randomStream } from "../numerics/random.ts";
import { dicomFile, imageElements, TAG, UID } from "../testing/dicomBytes.ts";
import type { DicomElements } from "../testing/dicomBytes.ts";
import { segment } from "../testing/jpegBits.ts";
import { asciiCodes, encodeJpegDct, GRAY } from "../testing/jpegDctEncoder.ts";
import { encodeJpegLossless } from "../testing/jpegLosslessEncoder.ts";
import type { JpegLosslessForm } from "../testing/jpegLosslessEncoder.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

const ROWS = 20;
const COLS = 17;
const SAMPLES = Array.from({ length: ROWS * COLS }, (_, i) => (i * 61 + (i >> 3) * 7) % 4096);

const load = (file: Uint8Array): Promise<Radiograph> => loadRadiograph(file, nodeCodecs);
const lossless = (form: JpegLosslessForm = {}, samples = SAMPLES, precision = 12): Uint8Array =>
  encodeJpegLossless({ rows: ROWS, cols: COLS, precision, samples }, 4, form);
const inDicom = (stream: Uint8Array, extra: DicomElements = {}): Uint8Array =>
  dicomFile(
    imageElements(ROWS, COLS, 12, { [TAG.pixelData]: { fragments: [stream] }, ...extra }),
    UID.jpegLossless,
  );

async function expectRefusal(file: Uint8Array, code: LabErrorCode, text: RegExp): Promise<void> {
  await expect(load(file)).rejects.toMatchObject({ code, message: expect.stringMatching(text) });
}

describe("JPEG", () => {
  it("takes the number of lines from behind the scan where the frame header leaves it open", async () => {
    expect(Array.from((await load(lossless({ linesBehind: true }))).values)).toEqual(SAMPLES);
    const inside = await load(inDicom(lossless({ linesBehind: true })));
    expect(Array.from(inside.values)).toEqual(SAMPLES);
    const form = { rows: ROWS, cols: COLS, components: GRAY };
    const stated = await load(encodeJpegDct(form, randomStream(1)));
    const open = await load(encodeJpegDct({ ...form, linesBehind: true }, randomStream(1)));
    expect(open.values).toEqual(stated.values);
  });

  it("does not take the end of a thumbnail for the end of the picture", async () => {
    const thumbnail = segment(0xe1, [...asciiCodes("Exif"), 0, 0, 0xff, 0xd8, 0xff, 0xd9]);
    const form = { rows: 64, cols: 64, components: GRAY, before: [thumbnail] };
    const whole = encodeJpegDct(form, randomStream(2));
    expect((await load(whole)).rows).toBe(64);
    await expectRefusal(whole.subarray(0, whole.length - 40), "file-truncated", /cut off \(JPEG\)/);
  });

  it("opens a lossless picture that lacks the end marker only", async () => {
    const whole = lossless();
    const { values } = await load(whole.subarray(0, whole.length - 2));
    expect(Array.from(values)).toEqual(SAMPLES);
    const short = whole.subarray(0, whole.length - 12);
    await expectRefusal(short, "file-truncated", /cut off \(JPEG lossless\)/);
  });

  it("refuses lossless data whose restart markers do not count on", async () => {
    const stream = lossless({ restartLines: 2 });
    const second = stream.findIndex((byte, i) => byte === 0xff && stream[i + 1] === 0xd1);
    const skipped = stream.slice();
    skipped[second + 1] = 0xd2;
    await expectRefusal(skipped, "file-damaged", /damaged \(JPEG lossless\)/);
  });

  it("refuses lossless data with rows that the header denies", async () => {
    const stream = lossless();
    const frame = stream.findIndex((byte, i) => byte === 0xff && stream[i + 1] === 0xc3);
    const fewer = stream.slice();
    fewer[frame + 6] = ROWS - 4;
    await expectRefusal(fewer, "file-damaged", /damaged \(JPEG lossless\)/);
  });

  it("says what it cannot read in colour", async () => {
    const samples = Array.from({ length: 3 * 16 }, (_, i) => 5 * i);
    const picture = { rows: 4, cols: 4, precision: 8, channels: 3, samples };
    const stream = encodeJpegLossless(picture, 1, { sampling: 0x22 });
    await expectRefusal(stream, "file-unsupported", /subsampled colour/);
  });
});

describe("depth and sign of a codestream", () => {
  const representation = { [TAG.pixelRepresentation]: 1 };

  it("keeps values beyond Bits Stored, unless they are overlays", async () => {
    const deep = SAMPLES.map((value, i) => value | ((i % 16) << 12));
    const stream = lossless({}, deep, 16);
    const radiograph = await load(inDicom(stream));
    expect(Array.from(radiograph.values)).toEqual(deep);
    expect(radiograph.bitsStored).toBe(16);
    const overlay = { [TAG.overlayBitPosition]: 12 };
    const masked = await load(inDicom(stream, overlay));
    expect(Array.from(masked.values)).toEqual(SAMPLES);
    expect(masked.bitsStored).toBe(12);
    const wide = await load(inDicom(lossless({}, SAMPLES, 16)));
    expect(Array.from(wide.values)).toEqual(SAMPLES);
    expect(wide.bitsStored).toBe(12);
  });

  it("finds the sign at Bits Stored or at the top of the words, where it is", async () => {
    const signed = SAMPLES.map((value) => value - 2048);
    for (const mask of [0xfff, 0xffff]) {
      const words = signed.map((value) => value & mask);
      const file = inDicom(lossless({}, words, 16), representation);
      expect(Array.from((await load(file)).values)).toEqual(signed);
    }
  });
});
