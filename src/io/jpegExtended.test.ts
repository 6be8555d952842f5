import { describe, expect, it } from "vitest";
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import { concatBytes, dicomFile, imageElements, TAG } from "../testing/dicomBytes.ts";
import { encodeWith } from "../testing/wasmEncoders.ts";
import { decodeJpegExtended } from "./jpegExtended.ts";
import { loadRadiograph } from "./loadRadiograph.ts";

/** Values of constant 8 x 8 blocks, as 12-bit JPEG: every difference of DC in a 4-bit category code, no AC. */
function constantBlocks(values: readonly number[], restartInterval = 0): Uint8Array {
  let bits = "";
  let before = 0;
  const scan: number[] = [];
  const flush = (): void => {
    while (bits.length % 8 !== 0) bits += "1";
    for (let i = 0; i < bits.length; i += 8) {
      const byte = parseInt(bits.slice(i, i + 8), 2);
      scan.push(byte);
      if (byte === 0xff) scan.push(0);
    }
    bits = "";
  };
  values.forEach((value, i) => {
    if (restartInterval > 0 && i > 0 && i % restartInterval === 0) {
      flush();
      scan.push(0xff, 0xd0 + ((i / restartInterval - 1) % 8));
      before = 0;
    }
    // A constant block has only F(0, 0) = 8 (value - 2048), here quantized by 2.
    const dc = (8 * (value - 2048)) / 2;
    const difference = dc - before;
    before = dc;
    const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
    bits += size.toString(2).padStart(4, "0");
    if (size > 0) {
      const coded = difference > 0 ? difference : difference + 2 ** size - 1;
      bits += coded.toString(2).padStart(size, "0");
    }
    bits += "0"; // End of block.
  });
  flush();
  const segment = (marker: number, body: readonly number[]): Uint8Array =>
    Uint8Array.from([0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body]);
  const width = 8 * values.length;
  return concatBytes([
    Uint8Array.of(0xff, 0xd8),
    segment(0xdb, [0, 2, ...Array.from({ length: 63 }, () => 1)]),
    segment(0xc1, [12, 0, 8, width >> 8, width & 255, 1, 1, 0x11, 0]),
    segment(0xc4, [
      0x00,
      0,
      0,
      0,
      15,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...Array.from({ length: 15 }, (_, i) => i),
    ]),
    segment(0xc4, [0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    segment(0xdd, [restartInterval >> 8, restartInterval & 255]),
    segment(0xda, [1, 1, 0, 0, 63, 0]),
    Uint8Array.from(scan),
    Uint8Array.of(0xff, 0xd9),
  ]);
}

describe("decodeJpegExtended", () => {
  const values = [0, 1, 2047, 2048, 2049, 4095, 17, 4000];

  it.each([0, 3])("decodes constant 12-bit blocks exactly (restart interval %d)", (interval) => {
    const samples = decodeJpegExtended(constantBlocks(values, interval));
    expect(samples).toHaveLength(8 * 8 * values.length);
    values.forEach((value, block) => {
      for (let y = 0; y < 8; y++) {
        const row = samples.slice(64 * y + 8 * block, 64 * y + 8 * block + 8);
        expect(Array.from(row)).toEqual(Array.from({ length: 8 }, () => value));
      }
    });
  });

  it("agrees with libjpeg-turbo on 8-bit pictures of any size to one grey level", async () => {
    for (const [rows, cols] of [
      [64, 64],
      [75, 130],
    ] as const) {
      const samples = Array.from({ length: rows * cols }, (_, i) => {
        const y = Math.floor(i / cols);
        const x = i % cols;
        return Math.round(128 + 70 * Math.sin(x / 5) * Math.cos(y / 9) + ((x * 13 + y * 7) % 17));
      });
      const stream = await encodeWith("jpeg", { rows, cols, bits: 8, samples });
      const reference = (await loadRadiograph(stream, nodeCodecs)).values;
      const ours = decodeJpegExtended(stream);
      expect(ours).toHaveLength(reference.length);
      let different = 0;
      ours.forEach((value, i) => {
        expect(Math.abs(value - reference[i]!)).toBeLessThanOrEqual(1);
        if (value !== reference[i]) different++;
      });
      // libjpeg's integer transform rounds differently now and then.
      expect(different / ours.length).toBeLessThan(0.05);
    }
  });

  it("is used for DICOM files of that kind", async () => {
    const elements = imageElements(8, 8 * values.length, 12, {
      [TAG.pixelData]: { fragments: [constantBlocks(values)] },
    });
    const radiograph = await loadRadiograph(
      dicomFile(elements, "1.2.840.10008.1.2.4.51"),
      nodeCodecs,
    );
    expect(Array.from(radiograph.values.filter((_, i) => i % 8 === 0)).slice(0, 8)).toEqual(values);
  });

  it("refuses data that ends early or makes no sense", () => {
    const good = constantBlocks(values);
    const cut = concatBytes([good.slice(0, good.length - 8), Uint8Array.of(0xff, 0xd9)]);
    expect(() => decodeJpegExtended(cut)).toThrow(/damaged \(JPEG\)/);
    const scanStart = good.length - 2 - 10;
    const wrong = good.slice();
    wrong.fill(0xfe, scanStart, good.length - 2);
    expect(() => decodeJpegExtended(wrong)).toThrow(/damaged \(JPEG\)/);
    expect(() => decodeJpegExtended(good.slice(0, 40))).toThrow(/damaged \(JPEG\)/);
  });
});
