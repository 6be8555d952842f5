/**
 * DICOM files built by hand for tests, so that every oddity a test wants is stated in the test: one writer for
 * implicit, explicit, big-endian, deflated and encapsulated data sets, and encoders for the simplest compressions.
 */
import { deflateRawSync, deflateSync } from "node:zlib";

export const UID = {
  implicit: "1.2.840.10008.1.2",
  explicit: "1.2.840.10008.1.2.1",
  deflated: "1.2.840.10008.1.2.1.99",
  bigEndian: "1.2.840.10008.1.2.2",
  rle: "1.2.840.10008.1.2.5",
  jpegBaseline: "1.2.840.10008.1.2.4.50",
  jpegLossless: "1.2.840.10008.1.2.4.57",
  jpegLosslessSv1: "1.2.840.10008.1.2.4.70",
  jpegLs: "1.2.840.10008.1.2.4.80",
  jpeg2000: "1.2.840.10008.1.2.4.90",
  htj2k: "1.2.840.10008.1.2.4.201",
} as const;

/** One element. Numbers are US (or SS when negative), strings take `vr`, bytes are OW, `otherBytes` OB, `items` sequences. */
export type DicomValue =
  | number
  | readonly number[]
  | string
  | Uint8Array
  | { readonly otherBytes: Uint8Array }
  | RawValue
  | SequenceValue
  | FragmentsValue;

export interface RawValue {
  readonly vr: string;
  readonly bytes: Uint8Array;
  /** `bytes` are little-endian 16-bit words, to be turned where the data set is big-endian. */
  readonly isWords?: boolean;
}

export interface SequenceValue {
  readonly items: readonly DicomElements[];
  /** Sequence and items end with delimiters instead of having lengths. */
  readonly open?: boolean;
  /** Stored as UN: its content is implicit little-endian, unless a writer got that wrong. */
  readonly unknown?: "implicit" | "explicit";
  /** What the delimiters say their length is; 0 in good files. */
  readonly delimiterLength?: number;
}

export interface FragmentsValue {
  readonly fragments: readonly Uint8Array[];
  readonly offsets?: readonly number[];
  /** As for sequences; "absent" leaves the delimiter out. */
  readonly delimiterLength?: number | "absent";
}

/** Ways in which writers depart from a good file. */
export interface FileForm {
  /** The file meta group in implicit form, without the transfer syntax, or none at all. */
  readonly meta?: "implicit" | "without syntax" | "none";
  readonly preamble?: boolean;
  /** The transfer syntax by which the data set is written, whatever the file meta group says. */
  readonly writtenAs?: string;
  /** Bytes behind the data set (behind the compressed stream, if there is one). */
  readonly tail?: Uint8Array;
  /** Deflated data in a zlib wrapper, which the standard doesn't ask for. */
  readonly zlib?: boolean;
}

/** Elements by tag, "00280010": value; written in ascending order. */
export type DicomElements = Readonly<Record<string, DicomValue>>;

export const TAG = {
  sopClass: "00080016",
  modality: "00080060",
  patientName: "00100010",
  samplesPerPixel: "00280002",
  photometric: "00280004",
  planarConfiguration: "00280006",
  frames: "00280008",
  rows: "00280010",
  columns: "00280011",
  pixelSpacing: "00280030",
  pixelAspectRatio: "00280034",
  bitsAllocated: "00280100",
  bitsStored: "00280101",
  highBit: "00280102",
  pixelRepresentation: "00280103",
  padding: "00280120",
  paddingLimit: "00280121",
  burnedIn: "00280301",
  windowCenter: "00281050",
  windowWidth: "00281051",
  intercept: "00281052",
  slope: "00281053",
  windowExplanation: "00281055",
  voiFunction: "00281056",
  modalityLut: "00283000",
  lutDescriptor: "00283002",
  lutExplanation: "00283003",
  lutData: "00283006",
  voiLut: "00283010",
  sharedGroups: "52009229",
  perFrameGroups: "52009230",
  pixelMeasures: "00289110",
  frameVoiLut: "00289132",
  pixelValueTransformation: "00289145",
  presentationShape: "20500020",
  overlayBitPosition: "60000102",
  extendedOffsets: "7fe00001",
  extendedLengths: "7fe00002",
  pixelData: "7fe00010",
} as const;

const VR_OF: Readonly<Record<string, string>> = {
  [TAG.sopClass]: "UI",
  [TAG.modality]: "CS",
  [TAG.patientName]: "PN",
  [TAG.photometric]: "CS",
  [TAG.frames]: "IS",
  [TAG.pixelSpacing]: "DS",
  [TAG.pixelAspectRatio]: "IS",
  [TAG.burnedIn]: "CS",
  [TAG.windowCenter]: "DS",
  [TAG.windowWidth]: "DS",
  [TAG.intercept]: "DS",
  [TAG.slope]: "DS",
  [TAG.windowExplanation]: "LO",
  [TAG.voiFunction]: "CS",
  [TAG.lutExplanation]: "LO",
  [TAG.lutData]: "OW",
  [TAG.presentationShape]: "CS",
};

/** A complete file: preamble, file meta group, data set. */
export function dicomFile(
  elements: DicomElements,
  transferSyntax: string = UID.explicit,
  form: FileForm = {},
): Uint8Array {
  const written = form.writtenAs ?? transferSyntax;
  const encoding = { explicit: written !== UID.implicit, little: written !== UID.bigEndian };
  const tag = form.meta === "without syntax" ? "00020012" : "00020010";
  const meta = writeElement(tag, padded(transferSyntax, "\0"), {
    explicit: form.meta !== "implicit",
    little: true,
  });
  const dataSet = writeDataSet(elements, encoding);
  const deflate = form.zlib ? deflateSync : deflateRawSync;
  const body = transferSyntax === UID.deflated ? new Uint8Array(deflate(dataSet)) : dataSet;
  return concatBytes([
    ...(form.preamble === false ? [] : [new Uint8Array(128), ascii("DICM")]),
    ...(form.meta === "none" ? [] : [meta]),
    body,
    form.tail ?? new Uint8Array(0),
  ]);
}

/** The required elements of a grey image; 16 bits allocated unless `bits` <= 8. */
export function imageElements(
  rows: number,
  cols: number,
  bits: number,
  extra: DicomElements = {},
): DicomElements {
  return {
    [TAG.modality]: "DX",
    [TAG.patientName]: "PHI-CANARY^TEST",
    [TAG.burnedIn]: "NO",
    [TAG.samplesPerPixel]: 1,
    [TAG.photometric]: "MONOCHROME2",
    [TAG.rows]: rows,
    [TAG.columns]: cols,
    [TAG.bitsAllocated]: bits <= 8 ? 8 : bits <= 16 ? 16 : 32,
    [TAG.bitsStored]: bits,
    [TAG.highBit]: bits - 1,
    [TAG.pixelRepresentation]: 0,
    ...extra,
  };
}

/** 16-bit samples as bytes. */
export function words(values: readonly number[], little = true): Uint8Array {
  const out = new Uint8Array(2 * values.length);
  const view = new DataView(out.buffer);
  values.forEach((value, i) => view.setUint16(2 * i, value & 0xffff, little));
  return out;
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

interface Encoding {
  readonly explicit: boolean;
  readonly little: boolean;
}

function writeDataSet(elements: DicomElements, encoding: Encoding): Uint8Array {
  const tags = Object.keys(elements).sort();
  return concatBytes(tags.map((tag) => writeElement(tag, elements[tag]!, encoding)));
}

function writeElement(tag: string, value: DicomValue, encoding: Encoding): Uint8Array {
  if (typeof value === "object" && "fragments" in value)
    return writeFragments(tag, value, encoding);
  if (typeof value === "object" && "items" in value) return writeSequence(tag, value, encoding);
  const [vr, body] = scalarBytes(tag, value, encoding);
  return concatBytes([elementHeader(tag, vr, body.length, encoding), body]);
}

function writeFragments(tag: string, value: FragmentsValue, encoding: Encoding): Uint8Array {
  const { fragments, offsets = [], delimiterLength = 0 } = value;
  const items = [words32(offsets), ...fragments.map(evenLength)].map((bytes) =>
    concatBytes([tagBytes("fffee000", true), uint32(bytes.length, true), bytes]),
  );
  const end =
    delimiterLength === "absent" ? [] : [tagBytes("fffee0dd", true), uint32(delimiterLength, true)];
  return concatBytes([elementHeader(tag, "OB", 0xffffffff, encoding), ...items, ...end]);
}

function writeSequence(tag: string, value: SequenceValue, encoding: Encoding): Uint8Array {
  const { open = false, unknown, delimiterLength = 0 } = value;
  const inside = unknown ? { explicit: unknown === "explicit", little: true } : encoding;
  const delimiter = (what: string): Uint8Array =>
    concatBytes([tagBytes(what, inside.little), uint32(delimiterLength, inside.little)]);
  const items = value.items.map((item) => {
    const bytes = writeDataSet(item, inside);
    const length = uint32(open ? 0xffffffff : bytes.length, inside.little);
    const end = open ? [delimiter("fffee00d")] : [];
    return concatBytes([tagBytes("fffee000", inside.little), length, bytes, ...end]);
  });
  const body = concatBytes(open ? [...items, delimiter("fffee0dd")] : items);
  const length = open ? 0xffffffff : body.length;
  return concatBytes([elementHeader(tag, unknown ? "UN" : "SQ", length, encoding), body]);
}

function scalarBytes(
  tag: string,
  value: Exclude<DicomValue, SequenceValue | FragmentsValue>,
  { little }: Encoding,
): [vr: string, body: Uint8Array] {
  if (typeof value === "object" && "otherBytes" in value) {
    return ["OB", evenLength(value.otherBytes)];
  }
  if (typeof value === "object" && "vr" in value) {
    const isTurned = value.isWords === true && !little;
    return [value.vr, isTurned ? exchanged(value.bytes) : value.bytes];
  }
  if (typeof value === "string") return [VR_OF[tag] ?? "UI", ascii(padded(value, " "))];
  if (value instanceof Uint8Array) return ["OW", evenLength(value)];
  const numbers = typeof value === "number" ? [value] : value;
  const vr = VR_OF[tag] ?? (numbers.some((number) => number < 0) ? "SS" : "US");
  return [vr, words(numbers, little)];
}

const LONG_FORM = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));

function elementHeader(tag: string, vr: string, length: number, encoding: Encoding): Uint8Array {
  const { explicit, little } = encoding;
  if (!explicit) return concatBytes([tagBytes(tag, little), uint32(length, little)]);
  if (LONG_FORM.has(vr)) {
    return concatBytes([tagBytes(tag, little), ascii(vr), words([0]), uint32(length, little)]);
  }
  return concatBytes([tagBytes(tag, little), ascii(vr), words([length], little)]);
}

function tagBytes(tag: string, little: boolean): Uint8Array {
  return words([parseInt(tag.slice(0, 4), 16), parseInt(tag.slice(4), 16)], little);
}

function uint32(value: number, little: boolean): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, little);
  return out;
}

function words32(values: readonly number[]): Uint8Array {
  return concatBytes(values.map((value) => uint32(value, true)));
}

function padded(text: string, filler: string): string {
  return text.length % 2 === 0 ? text : text + filler;
}

function exchanged(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, i) => bytes[i ^ 1]!);
}

function evenLength(bytes: Uint8Array): Uint8Array {
  return bytes.length % 2 === 0 ? bytes : concatBytes([bytes, Uint8Array.of(0)]);
}
