/** JPEG files, plain and within DICOM, with each marker that changes how they are read. */
import { randomStream } from "../../numerics/random.ts";
import { concatBytes, dicomFile, imageElements, TAG, UID } from "../dicomBytes.ts";
import { bigWord, segment } from "../jpegBits.ts";
import { adobeSegment, asciiCodes, encodeJpegDct, GRAY, jfifSegment } from "../jpegDctEncoder.ts";
import type { JpegComponent, JpegDctForm } from "../jpegDctEncoder.ts";
import { encodeJpegLossless } from "../jpegLosslessEncoder.ts";
import type { JpegLosslessForm } from "../jpegLosslessEncoder.ts";
import { ODD_FILES_SEED, surface } from "./oddFile.ts";
import type { OddFile } from "./oddFile.ts";

const ROWS = 37;
const COLS = 53;

const color = (
  ids: readonly number[],
  [across, down]: readonly [number, number],
): JpegComponent[] =>
  ids.map((id, i) => ({ id, across: i === 0 ? across : 1, down: i === 0 ? down : 1 }));
const YCC = color([1, 2, 3], [1, 1]);
const COMMENT = segment(0xfe, asciiCodes("a comment"));

const DCT: Readonly<Record<string, Omit<JpegDctForm, "rows" | "cols">>> = {
  grey: { components: GRAY },
  "grey-restart": { components: GRAY, restartInterval: 3 },
  "grey-sampling-2x2": { components: [{ id: 1, across: 2, down: 2 }] },
  "grey-wide-tables": { components: GRAY, wideTables: true },
  "grey-comment-jfif": { components: GRAY, before: [jfifSegment(), COMMENT] },
  "grey-fill-bytes": { components: GRAY, before: [Uint8Array.of(0xff, 0xff, 0xff)] },
  "colour-444": { components: YCC },
  "colour-422": { components: color([1, 2, 3], [2, 1]) },
  "colour-420": { components: color([1, 2, 3], [2, 2]), restartInterval: 2 },
  "colour-separate-scans": { components: YCC, separateScans: true },
  "colour-ids-from-zero": { components: color([0, 1, 2], [1, 1]) },
  "colour-ids-rgb": { components: color([82, 71, 66], [1, 1]) },
  "colour-adobe-0": { components: YCC, before: [adobeSegment(0)] },
  "colour-adobe-1": { components: YCC, before: [adobeSegment(1)] },
  "colour-jfif": { components: YCC, before: [jfifSegment()] },
};

const LOSSLESS: Readonly<Record<string, readonly [predictor: number, form: JpegLosslessForm]>> = {
  "restart-1": [4, { restartLines: 1 }],
  "restart-5": [7, { restartLines: 5 }],
  "point-transform": [5, { pointTransform: 2 }],
  "point-transform-restart": [6, { pointTransform: 3, restartLines: 2 }],
  "sampling-2x2": [2, { sampling: 0x22 }],
  "sampling-2x1": [3, { sampling: 0x21 }],
  comment: [1, { before: [COMMENT, jfifSegment()] }],
};

/** An EXIF segment with an orientation behind another entry, in either byte order. */
export function exifSegment(orientation: number, little: boolean): Uint8Array {
  return segment(0xe1, [...asciiCodes("Exif"), 0, 0, ...tiffOrientationBlock(orientation, little)]);
}

export function tiffOrientationBlock(orientation: number, little: boolean): number[] {
  const word = (value: number): number[] => (little ? bigWord(value).toReversed() : bigWord(value));
  const long = (value: number): number[] => (little ? [value, 0, 0, 0] : [0, 0, 0, value]);
  const make = [...word(271), ...word(2), ...long(2), 65, 0, 0, 0];
  const turn = [...word(274), ...word(3), ...long(1), ...word(orientation), 0, 0];
  const header = [...asciiCodes(little ? "II" : "MM"), ...word(42), ...long(8)];
  return [...header, ...word(2), ...make, ...turn, ...long(0)];
}

function dctFile(name: string, form: Omit<JpegDctForm, "rows" | "cols">): Uint8Array {
  const random = randomStream(ODD_FILES_SEED, "jpeg", name);
  return encodeJpegDct({ rows: ROWS, cols: COLS, ...form }, random);
}

function inDicom(stream: Uint8Array, photometric: string, uid: string, bits = 8): Uint8Array {
  const isGray = photometric.startsWith("MONOCHROME");
  return dicomFile(
    imageElements(ROWS, COLS, bits, {
      [TAG.photometric]: photometric,
      [TAG.samplesPerPixel]: isGray ? 1 : 3,
      [TAG.pixelData]: { fragments: [stream] },
    }),
    uid,
  );
}

export function jpegFormFiles(): OddFile[] {
  const files: OddFile[] = [];
  for (const [name, form] of Object.entries(DCT)) {
    const stream = dctFile(name, form);
    files.push({ name: `jpeg-${name}.jpg`, bytes: stream });
    const isGray = form.components.length === 1;
    for (const photometric of isGray ? ["MONOCHROME2"] : ["RGB", "YBR_FULL_422"]) {
      const label = photometric.slice(0, 3).toLowerCase();
      files.push({
        name: `jpeg-${name}-${label}.dcm`,
        bytes: inDicom(stream, photometric, UID.jpegBaseline),
      });
    }
  }
  const flat = dctFile("12-bit", {
    components: GRAY,
    precision: 12,
    flatBlocks: true,
    wideTables: true,
    restartInterval: 4,
  });
  files.push({
    name: "jpeg-12-bit-flat.dcm",
    bytes: inDicom(flat, "MONOCHROME2", "1.2.840.10008.1.2.4.51", 12),
  });
  for (const precision of [8, 12, 16]) {
    const random = randomStream(ODD_FILES_SEED, "lossless", String(precision));
    const samples = surface(ROWS, COLS, { low: 0, high: 2 ** precision - 1 }, random);
    for (const [name, [predictor, form]] of Object.entries(LOSSLESS)) {
      const stream = encodeJpegLossless(
        { rows: ROWS, cols: COLS, precision, samples },
        predictor,
        form,
      );
      const bytes = inDicom(stream, "MONOCHROME2", UID.jpegLossless, precision);
      files.push({ name: `lossless-${precision}-${name}.dcm`, bytes });
    }
  }
  return [...files, ...orientedFiles()];
}

function orientedFiles(): OddFile[] {
  const files: OddFile[] = [];
  const stream = dctFile("oriented", { components: GRAY });
  for (let orientation = 0; orientation <= 9; orientation++) {
    const exif = exifSegment(orientation, orientation % 2 === 0);
    files.push({ name: `jpeg-exif-${orientation}.jpg`, bytes: withSegments(stream, [exif]) });
  }
  // The header of a DICOM file describes the matrix as it is coded.
  const turned = withSegments(stream, [exifSegment(6, true)]);
  files.push({ name: "jpeg-exif-6.dcm", bytes: inDicom(turned, "MONOCHROME2", UID.jpegBaseline) });
  const behindJfif = [
    jfifSegment(),
    segment(0xe1, asciiCodes("http://ns.adobe.com/xap/1.0/")),
    exifSegment(8, true),
  ];
  files.push({ name: "jpeg-exif-behind-others.jpg", bytes: withSegments(stream, behindJfif) });
  return files;
}

function withSegments(stream: Uint8Array, segments: readonly Uint8Array[]): Uint8Array {
  return concatBytes([stream.subarray(0, 2), ...segments, stream.subarray(2)]);
}
