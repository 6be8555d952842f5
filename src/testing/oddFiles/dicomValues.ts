/** DICOM files with one oddity each in the values of attributes, and in codestreams that say other than the header. */
import { randomStream } from "../../numerics/random.ts";
import { ascii, dicomFile, imageElements, TAG, UID, words } from "../dicomBytes.ts";
import type { DicomElements, DicomValue } from "../dicomBytes.ts";
import { encodeJpegLossless } from "../jpegLosslessEncoder.ts";
import { encodeRle } from "../rleEncoder.ts";
import { encodeWith } from "../wasmEncoders.ts";
import { ODD_FILES_SEED, surface } from "./oddFile.ts";
import type { OddFile } from "./oddFile.ts";

const ROWS = 12;
const COLS = 15;
const random = randomStream(ODD_FILES_SEED, "dicom values");
const SAMPLES = surface(ROWS, COLS, { low: 0, high: 4095 }, random);
const BYTES = SAMPLES.map((value) => value >> 4);
const COLORS = surface(ROWS, 3 * COLS, { low: 0, high: 255 }, random);
const DEEP = surface(ROWS, COLS, { low: 0, high: 65_535 }, random);

function file(extra: DicomElements, uid: string = UID.explicit): Uint8Array {
  const pixels = { [TAG.pixelData]: words(SAMPLES, uid !== UID.bigEndian) };
  return dicomFile(imageElements(ROWS, COLS, 12, { ...pixels, ...extra }), uid);
}

function windowed(center: string, width: string, extra: DicomElements = {}): Uint8Array {
  return file({ [TAG.windowCenter]: center, [TAG.windowWidth]: width, ...extra });
}

function floats(...values: readonly number[]): DicomValue {
  return { vr: "FD", bytes: new Uint8Array(Float64Array.from(values).buffer) };
}

/** A table in implicit encoding, where the sign of the first input is not written down. */
function implicitTable(
  first: number,
  entries: readonly number[],
  extra: DicomElements,
): Uint8Array {
  const item = {
    [TAG.lutDescriptor]: { vr: "US", bytes: words([entries.length % 65_536, first, 12]) },
    [TAG.lutData]: words(entries),
  };
  return file({ [TAG.voiLut]: { items: [item] }, ...extra }, UID.implicit);
}

const SQUARES = Array.from({ length: 4096 }, (_, i) => Math.round((i * i) / 4095));
const ALL = Array.from({ length: 65_536 }, (_, i) => Math.round(i / 16.01));

const ATTRIBUTES: Readonly<Record<string, () => Uint8Array>> = {
  "windows-two-one-name": () =>
    windowed("2048\\1024", "1000\\500", { [TAG.windowExplanation]: "NORMAL" }),
  "windows-one-two-names": () => windowed("2048", "1000", { [TAG.windowExplanation]: "A\\B" }),
  "windows-two-centers-one-width": () => windowed("1500\\1024", "1000"),
  "window-float-binary": () =>
    file({ [TAG.windowCenter]: floats(1500.5), [TAG.windowWidth]: floats(1000.25) }),
  "window-zero-byte-padding": () =>
    file({
      [TAG.windowCenter]: { vr: "DS", bytes: ascii("1500.5\0\0") },
      [TAG.windowWidth]: { vr: "DS", bytes: ascii("900\0") },
    }),
  "window-width-one": () => windowed("2000", "1"),
  "window-function-lower-case": () => windowed("2000", "900", { [TAG.voiFunction]: "sigmoid " }),
  "spacing-one-value": () => file({ [TAG.pixelSpacing]: "0.2" }),
  "spacing-imager-one-value": () => file({ "00181164": { vr: "DS", bytes: ascii("0.143 ") } }),
  "aspect-one-value": () => file({ [TAG.pixelAspectRatio]: "1" }),
  "rows-as-integer-string": () => file({ [TAG.rows]: { vr: "IS", bytes: ascii("12") } }),
  "rows-as-long": () => file({ [TAG.rows]: { vr: "UL", bytes: Uint8Array.of(ROWS, 0, 0, 0) } }),
  "frames-empty": () => file({ [TAG.frames]: "" }),
  "frames-zero": () => file({ [TAG.frames]: "0" }),
  "texts-odd-length": () =>
    file({
      [TAG.slope]: { vr: "DS", bytes: ascii("2.5") },
      [TAG.intercept]: { vr: "DS", bytes: ascii("7") },
      [TAG.windowCenter]: { vr: "DS", bytes: ascii("900") },
      [TAG.windowWidth]: { vr: "DS", bytes: ascii("1.2e+03") },
    }),
  "table-unknown-elements": () =>
    file({
      [TAG.slope]: "1",
      [TAG.intercept]: "-1024",
      [TAG.voiLut]: {
        items: [
          {
            [TAG.lutDescriptor]: { vr: "UN", bytes: words([4096, -1024, 12]) },
            [TAG.lutData]: { vr: "UN", bytes: words(SQUARES) },
          },
        ],
      },
    }),
  "rescale-empty": () => file({ [TAG.slope]: "", [TAG.intercept]: "" }),
  "rescale-intercept-alone": () => file({ [TAG.intercept]: "-1024" }),
  "photometric-padded": () =>
    file({ [TAG.photometric]: { vr: "CS", bytes: ascii("MONOCHROME1\0") } }),
  "samples-absent": () => file({ [TAG.samplesPerPixel]: { vr: "US", bytes: new Uint8Array(0) } }),
  "bits-high-bit-15": () =>
    file({ [TAG.highBit]: 15, [TAG.pixelData]: words(SAMPLES.map((value) => value << 4)) }),
  "table-first-signed-after-rescale": () =>
    implicitTable(-1024, SQUARES, { [TAG.slope]: "1", [TAG.intercept]: "-1024" }),
  "table-first-high-unsigned": () =>
    implicitTable(40_000, SQUARES, { [TAG.slope]: "1", [TAG.intercept]: "40000" }),
  "table-65536-entries": () => implicitTable(0, ALL, {}),
  "table-65536-entries-signed": () =>
    implicitTable(-32_768, ALL, { [TAG.slope]: "1", [TAG.intercept]: "-2048" }),
  "table-bytes-packed": () =>
    file({
      [TAG.voiLut]: {
        items: [
          {
            [TAG.lutDescriptor]: [4095, 0, 8],
            [TAG.lutData]: Uint8Array.from(SQUARES.slice(0, 4095), (value) => value >> 4),
          },
        ],
      },
    }),
  "table-uses-fewer-bits-than-stated": () =>
    file({
      [TAG.voiLut]: {
        items: [
          { [TAG.lutDescriptor]: [4096, 0, 12], [TAG.lutData]: words(SQUARES.map((v) => v >> 2)) },
        ],
      },
    }),
  "groups-both": () =>
    file({
      [TAG.sharedGroups]: { items: [{ [TAG.pixelValueTransformation]: rescaleItem("2", "5") }] },
      [TAG.perFrameGroups]: {
        items: [
          {
            [TAG.pixelValueTransformation]: rescaleItem("-1", "4095"),
            [TAG.frameVoiLut]: {
              items: [{ [TAG.windowCenter]: "1500", [TAG.windowWidth]: "2000" }],
            },
          },
          { [TAG.pixelValueTransformation]: rescaleItem("3", "1") },
        ],
      },
    }),
  "groups-shared-spacing": () =>
    file({
      [TAG.sharedGroups]: {
        items: [{ [TAG.pixelMeasures]: { items: [{ [TAG.pixelSpacing]: "0.2\\0.2" }] } }],
      },
    }),
  "groups-unknown": () =>
    file({
      [TAG.sharedGroups]: {
        items: [{ [TAG.pixelValueTransformation]: rescaleItem("-1", "4095") }],
        unknown: "implicit",
      },
    }),
};

function rescaleItem(slope: string, intercept: string): DicomValue {
  return { items: [{ [TAG.slope]: slope, [TAG.intercept]: intercept }] };
}

const color = (photometric: string, extra: DicomElements, uid?: string): Uint8Array =>
  dicomFile(
    imageElements(ROWS, COLS, 8, {
      [TAG.samplesPerPixel]: 3,
      [TAG.photometric]: photometric,
      [TAG.planarConfiguration]: 0,
      ...extra,
    }),
    uid,
  );
const PLANES = [0, 1, 2].map((channel) => COLORS.filter((_, i) => i % 3 === channel));

const COLOR: Readonly<Record<string, () => Uint8Array>> = {
  "colour-by-pixel": () =>
    color("RGB", { [TAG.planarConfiguration]: 0, [TAG.pixelData]: Uint8Array.from(COLORS) }),
  "colour-by-plane": () =>
    color("RGB", {
      [TAG.planarConfiguration]: 1,
      [TAG.pixelData]: Uint8Array.from(PLANES.flat()),
    }),
  "colour-brightness-first": () => color("YBR_FULL", { [TAG.pixelData]: Uint8Array.from(COLORS) }),
  "colour-halved": () =>
    dicomFile(
      imageElements(ROWS, 14, 8, {
        [TAG.samplesPerPixel]: 3,
        [TAG.photometric]: "YBR_FULL_422",
        [TAG.planarConfiguration]: 0,
        [TAG.pixelData]: Uint8Array.from(COLORS.slice(0, 2 * ROWS * 14)),
      }),
    ),
  "colour-rle": () =>
    color("RGB", { [TAG.pixelData]: { fragments: [encodeRle(PLANES, 1)] } }, UID.rle),
  "colour-lossless-separate-scans": () =>
    color(
      "RGB",
      {
        [TAG.pixelData]: {
          fragments: [
            encodeJpegLossless(
              { rows: ROWS, cols: COLS, precision: 8, channels: 3, samples: COLORS },
              6,
              { separateScans: true },
            ),
          ],
        },
      },
      UID.jpegLossless,
    ),
  "colour-lossless-interleaved": () =>
    color(
      "RGB",
      {
        [TAG.pixelData]: {
          fragments: [
            encodeJpegLossless(
              { rows: ROWS, cols: COLS, precision: 8, channels: 3, samples: COLORS },
              4,
              { restartLines: 3 },
            ),
          ],
        },
      },
      UID.jpegLossless,
    ),
};

/** The codestream has 16 bits where the header says 12. */
async function deepFiles(): Promise<OddFile[]> {
  const picture = { rows: ROWS, cols: COLS, bits: 16, samples: DEEP };
  const streams: readonly (readonly [name: string, uid: string, stream: Uint8Array])[] = [
    ["jpeg-2000", UID.jpeg2000, await encodeWith("jpeg-2000", picture)],
    ["jpeg-ls", UID.jpegLs, await encodeWith("jpeg-ls", picture)],
    ["htj2k", UID.htj2k, await encodeWith("htj2k", picture)],
  ];
  return streams.map(([name, uid, stream]) => ({
    name: `deeper-than-stored-${name}.dcm`,
    bytes: file({ [TAG.pixelData]: { fragments: [stream] } }, uid),
  }));
}

/** Three channels without the transform of JPEG 2000: what they are is in the header alone. */
async function plainColorFiles(): Promise<OddFile[]> {
  const picture = { rows: ROWS, cols: COLS, bits: 8, channels: 3, samples: COLORS };
  const stream = await encodeWith("jpeg-2000", picture);
  return ["RGB", "YBR_FULL"].map((photometric) => ({
    name: `colour-jpeg-2000-${photometric.toLowerCase()}.dcm`,
    bytes: color(photometric, { [TAG.pixelData]: { fragments: [stream] } }, UID.jpeg2000),
  }));
}

async function shallowFiles(): Promise<OddFile[]> {
  const picture = { rows: ROWS, cols: COLS, bits: 8, samples: BYTES };
  const stream = await encodeWith("jpeg-2000", picture);
  const noEnd = stream.subarray(0, stream.length - 2);
  const ls = await encodeWith("jpeg-ls", picture);
  return [
    {
      name: "shallower-than-stored-jpeg-2000.dcm",
      bytes: file({ [TAG.pixelData]: { fragments: [stream] } }, UID.jpeg2000),
    },
    {
      name: "jpeg-2000-without-end.dcm",
      sameAs: "shallower-than-stored-jpeg-2000.dcm",
      bytes: file({ [TAG.pixelData]: { fragments: [noEnd] } }, UID.jpeg2000),
    },
    {
      name: "shallower-than-stored-jpeg-ls.dcm",
      bytes: file({ [TAG.pixelData]: { fragments: [ls] } }, UID.jpegLs),
    },
  ];
}

export async function dicomValueFiles(): Promise<OddFile[]> {
  const plain = Object.entries({ ...ATTRIBUTES, ...COLOR }).map(([name, make]) => ({
    name: `${name}.dcm`,
    bytes: make(),
  }));
  return [
    ...plain,
    ...(await deepFiles()),
    ...(await plainColorFiles()),
    ...(await shallowFiles()),
  ];
}
