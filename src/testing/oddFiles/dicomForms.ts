/** DICOM files with one oddity each in how the data set is written. */
import { randomStream } from "../../numerics/random.ts";
import { ascii, concatBytes, dicomFile, imageElements, TAG, UID, words } from "../dicomBytes.ts";
import type { DicomElements, DicomValue, FileForm } from "../dicomBytes.ts";
import { encodeJpegLossless } from "../jpegLosslessEncoder.ts";
import { encodeRle } from "../rleEncoder.ts";
import { ODD_FILES_SEED, surface } from "./oddFile.ts";
import type { OddFile } from "./oddFile.ts";

const ROWS = 12;
const COLS = 15;
const random = randomStream(ODD_FILES_SEED, "dicom forms");
const SAMPLES = surface(ROWS, COLS, { low: 0, high: 4095 }, random);
const LOSSLESS = encodeJpegLossless({ rows: ROWS, cols: COLS, precision: 12, samples: SAMPLES });
/** Half as many fragments as pixels would be enough: what is odd is how they are cut. */
const HALF = 2 * Math.floor(LOSSLESS.length / 4);

function file(extra: DicomElements, uid: string = UID.explicit, form: FileForm = {}): Uint8Array {
  const little = (form.writtenAs ?? uid) !== UID.bigEndian;
  const pixels = { [TAG.pixelData]: words(SAMPLES, little) };
  return dicomFile(imageElements(ROWS, COLS, 12, { ...pixels, ...extra }), uid, form);
}

function encapsulated(value: DicomValue, extra: DicomElements = {}): Uint8Array {
  return file({ [TAG.pixelData]: value, ...extra }, UID.jpegLosslessSv1);
}

function table(entries: readonly number[], first: number, bits: number): DicomElements {
  return {
    [TAG.lutDescriptor]: {
      vr: first < 0 ? "SS" : "US",
      bytes: words([entries.length, first, bits]),
    },
    [TAG.lutData]: words(entries),
  };
}

/** Rises by squares: no window gives the same picture. */
const SQUARES = Array.from({ length: 4096 }, (_, i) => Math.round((i * i) / 4095));
const VOI_TABLE = { items: [table(SQUARES, 0, 12)] };
/** A private sequence, so that readers meet the form without a meaning. */
const PRIVATE = "00091010";

const WRITING: Readonly<Record<string, () => Uint8Array>> = {
  "deflated-tail-zero": () => file({}, UID.deflated, { tail: Uint8Array.of(0) }),
  "deflated-tail-zeros": () => file({}, UID.deflated, { tail: new Uint8Array(300) }),
  "deflated-zlib": () => file({}, UID.deflated, { zlib: true }),
  "deflated-zlib-tail-zero": () => file({}, UID.deflated, { zlib: true, tail: Uint8Array.of(0) }),
  "meta-implicit": () => file({}, UID.explicit, { meta: "implicit" }),
  "meta-implicit-no-preamble": () => file({}, UID.explicit, { meta: "implicit", preamble: false }),
  "meta-none-explicit": () => file({}, UID.explicit, { meta: "none" }),
  "meta-none-implicit": () => file({}, UID.implicit, { meta: "none" }),
  "bare-big-endian": () => file({}, UID.bigEndian, { meta: "none", preamble: false }),
  "private-first": () => file({ "00070010": { vr: "LO", bytes: ascii("x ") } }, UID.implicit),
  "meta-without-syntax": () => file({}, UID.implicit, { meta: "without syntax" }),
  "bare-explicit": () => file({}, UID.explicit, { meta: "none", preamble: false }),
  "says-implicit-is-explicit": () => file({}, UID.implicit, { writtenAs: UID.explicit }),
  "says-explicit-is-implicit": () => file({}, UID.explicit, { writtenAs: UID.implicit }),
  "says-big-endian-is-little": () => file({}, UID.bigEndian, { writtenAs: UID.explicit }),
  "says-little-is-big-endian": () => file({}, UID.explicit, { writtenAs: UID.bigEndian }),
  "sequence-open": () => file({ [TAG.voiLut]: { ...VOI_TABLE, open: true } }),
  "sequence-open-delimiters-with-length": () =>
    file({ [TAG.voiLut]: { ...VOI_TABLE, open: true, delimiterLength: 0xffffffff } }),
  "sequence-unknown": () => file({ [TAG.voiLut]: { ...VOI_TABLE, unknown: "implicit" } }),
  "sequence-unknown-open": () =>
    file({ [TAG.voiLut]: { ...VOI_TABLE, unknown: "implicit", open: true } }),
  "sequence-unknown-open-explicit-inside": () =>
    file({ [TAG.voiLut]: { ...VOI_TABLE, unknown: "explicit", open: true } }),
  "sequence-unknown-big-endian": () =>
    file({ [TAG.voiLut]: { items: [table(SQUARES, 0, 12)], unknown: "implicit" } }, UID.bigEndian),
  "private-unknown-open-explicit-inside": () =>
    file({ [PRIVATE]: { items: [{ "00091011": "x" }], unknown: "explicit", open: true } }),
  "sequence-empty": () =>
    file({ [TAG.voiLut]: { items: [] }, [TAG.modalityLut]: { items: [], open: true } }),
  "nested-icon-with-pixels": () =>
    file({
      "00880200": {
        items: [imageElements(2, 2, 8, { [TAG.pixelData]: Uint8Array.of(1, 2, 3, 4) })],
        open: true,
      },
    }),
  "nested-icon-encapsulated": () =>
    encapsulated(
      { fragments: [LOSSLESS] },
      {
        "00880200": {
          items: [{ [TAG.pixelData]: { fragments: [Uint8Array.of(9, 9)] } }],
          open: true,
        },
      },
    ),
  "attributes-unknown": () =>
    file({
      [TAG.rows]: { vr: "UN", bytes: words([ROWS]) },
      [TAG.bitsStored]: { vr: "UN", bytes: words([12]) },
      [TAG.windowCenter]: { vr: "UN", bytes: ascii("1000") },
      [TAG.windowWidth]: { vr: "UN", bytes: ascii("1500") },
      [TAG.pixelData]: { vr: "UN", bytes: words(SAMPLES) },
    }),
  "numbers-64-bit": () =>
    file({
      [PRIVATE]: { vr: "OV", bytes: new Uint8Array(16) },
      "00091012": { vr: "SV", bytes: new Uint8Array(8) },
      "00091013": { vr: "UV", bytes: new Uint8Array(8) },
    }),
};

const FRAGMENTS: Readonly<Record<string, () => Uint8Array>> = {
  "fragments-two": () =>
    encapsulated({ fragments: [LOSSLESS.subarray(0, HALF), LOSSLESS.subarray(HALF)] }),
  "fragments-empty-first": () => encapsulated({ fragments: [new Uint8Array(0), LOSSLESS] }),
  "fragments-delimiter-undefined": () =>
    encapsulated({ fragments: [LOSSLESS], delimiterLength: 0xffffffff }),
  "fragments-delimiter-length": () => encapsulated({ fragments: [LOSSLESS], delimiterLength: 4 }),
  "fragments-delimiter-absent": () =>
    encapsulated({ fragments: [LOSSLESS], delimiterLength: "absent" }),
  "fragments-padded": () =>
    encapsulated({ fragments: [concatBytes([LOSSLESS, new Uint8Array(6)])] }),
  "frames-extended-offsets": () => {
    const even = LOSSLESS.length + (LOSSLESS.length % 2);
    const offsets = [0, even + 8];
    return encapsulated(
      { fragments: [LOSSLESS, LOSSLESS] },
      {
        [TAG.frames]: "2",
        [TAG.extendedOffsets]: { vr: "OV", bytes: longWords(offsets) },
        [TAG.extendedLengths]: { vr: "OV", bytes: longWords([even, even]) },
      },
    );
  },
  "frames-more-fragments": () =>
    encapsulated(
      {
        fragments: [LOSSLESS.subarray(0, HALF), LOSSLESS.subarray(HALF), LOSSLESS],
        offsets: [0, LOSSLESS.length + (LOSSLESS.length % 2) + 16],
      },
      { [TAG.frames]: "2" },
    ),
  "rle-frames": () =>
    file(
      {
        [TAG.frames]: "2",
        [TAG.pixelData]: {
          fragments: [encodeRle([SAMPLES], 2), encodeRle([SAMPLES.toReversed()], 2)],
        },
      },
      UID.rle,
    ),
};

function longWords(values: readonly number[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer);
}

const TWINS: Readonly<Record<string, string>> = {
  "deflated-zlib": "deflated-tail-zero.dcm",
  "deflated-zlib-tail-zero": "deflated-tail-zero.dcm",
  "says-big-endian-is-little": "bare-explicit.dcm",
  "says-little-is-big-endian": "bare-explicit.dcm",
  "sequence-unknown-big-endian": "sequence-unknown.dcm",
  "fragments-delimiter-absent": "fragments-two.dcm",
};

export function dicomFormFiles(): OddFile[] {
  return Object.entries({ ...WRITING, ...FRAGMENTS }).map(([name, make]) => {
    const sameAs = TWINS[name];
    return { name: `${name}.dcm`, bytes: make(), ...(sameAs === undefined ? {} : { sameAs }) };
  });
}
