/** Files that hold several pictures: any of them, with what is its own. */
import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import { TAG, UID, dicomFile, imageElements, words } from "../testing/dicomBytes.ts";
import type { DicomElements } from "../testing/dicomBytes.ts";
import { encodeJpegLossless } from "../testing/jpegLosslessEncoder.ts";
import { encodeRle } from "../testing/rleEncoder.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

const [ROWS, COLS] = [9, 14];
const SAMPLES = Array.from({ length: ROWS * COLS }, (_, i) => (i * 331) % 4096);
const gray12 = (extra: DicomElements): DicomElements => imageElements(ROWS, COLS, 12, extra);

describe("one picture of several", () => {
  it("takes any frame of plain pixels, of RLE, and of one picture in several fragments", async () => {
    const frames = [0, 1, 2].map((k) => SAMPLES.map((value) => (value + 100 * k) % 4096));
    const frameOf = async (elements: DicomElements, uid: string, frame: number) =>
      Array.from(
        (await loadRadiograph(dicomFile(gray12(elements), uid), nodeCodecs, frame)).values,
      );
    const rle = frames.map((frame) => encodeRle([frame], 2));
    const lossless = frames.map((samples) =>
      encodeJpegLossless({ rows: ROWS, cols: COLS, precision: 12, samples }),
    );
    const halves = lossless.flatMap((stream) => {
      const cut = 2 * Math.floor(stream.length / 4);
      return [stream.subarray(0, cut), stream.subarray(cut)];
    });
    for (const [k, expected] of frames.entries()) {
      const count = { [TAG.frames]: "3" };
      const pixels = { vr: "OW", bytes: words(frames.flat()), isWords: true };
      const plain = { ...count, [TAG.pixelData]: pixels };
      expect(await frameOf(plain, UID.explicit, k)).toEqual(expected);
      expect(await frameOf(plain, UID.bigEndian, k)).toEqual(expected);
      const packed = { ...count, [TAG.pixelData]: { fragments: rle } };
      expect(await frameOf(packed, UID.rle, k)).toEqual(expected);
      // Each starts where the next image does, without any table.
      const cut = { ...count, [TAG.pixelData]: { fragments: halves } };
      expect(await frameOf(cut, UID.jpegLosslessSv1, k)).toEqual(expected);
    }
    const short = { [TAG.frames]: "3", [TAG.pixelData]: words(frames.slice(0, 2).flat()) };
    await expect(frameOf(short, UID.explicit, 2)).rejects.toThrow("cut off (66% present)");
  });

  it("gives each frame the rescale and window of its own group", async () => {
    const group = (slope: string, center: string): DicomElements => ({
      "00289145": { items: [{ [TAG.slope]: slope, [TAG.intercept]: "0" }] },
      "00289132": { items: [{ [TAG.windowCenter]: center, [TAG.windowWidth]: "100" }] },
    });
    const file = dicomFile(
      gray12({
        [TAG.frames]: "2",
        "52009230": { items: [group("1", "50"), group("3", "150")] },
        [TAG.pixelData]: words([...SAMPLES, ...SAMPLES]),
      }),
    );
    const second = await loadRadiograph(file, nodeCodecs, 1);
    expect(Array.from(second.values)).toEqual(SAMPLES.map((value) => 3 * value));
    expect(second.vois).toMatchObject([{ center: 150 }]);
  });
});
