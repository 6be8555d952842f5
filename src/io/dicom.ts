/**
 * DICOM Part 10 files to image attributes and one frame of pixel bytes. The only user of dicom-parser, which reads
 * the structure; transfer syntax, inflation, limits and every refusal are decided here.
 */
import dicomParser from "dicom-parser";
import type { DataSet, Element } from "dicom-parser";
import { LabError } from "../errors/labError.ts";
import { readAttributes } from "./dicomAttributes.ts";
import type { DicomAttributes } from "./dicomAttributes.ts";
import { firstFrameOf } from "./encapsulatedFrame.ts";
import { inflateCapped } from "./inflate.ts";
import { checkImageSize } from "./limits.ts";
import { transferSyntaxOf } from "./transferSyntax.ts";
import type { TransferSyntax } from "./transferSyntax.ts";

export interface DicomImage {
  readonly attributes: DicomAttributes;
  readonly transferSyntax: TransferSyntax;
  /** The first frame: raw samples for coding "native", else its codestream. */
  readonly frame: Uint8Array;
  /** 8-bit pixels were written as big-endian 16-bit words: each pair is exchanged. */
  readonly pairsExchanged: boolean;
}

const PIXEL_DATA = "x7fe00010";
const FLOAT_PIXEL_DATA = ["x7fe00008", "x7fe00009"];
const ENCAPSULATED_DOCUMENT = "x00420011";
const ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1";
const PREAMBLE_BYTES = 132;

/**
 * @throws LabError "file-unsupported", "file-too-large", "file-damaged", "file-truncated", "file-no-image"
 */
export async function parseDicom(file: Uint8Array): Promise<DicomImage> {
  const { uid, dataSetStart } = readFileMeta(file);
  const transferSyntax = transferSyntaxOf(uid);
  const bytes = transferSyntax.deflated
    ? await inflateCapped(file.subarray(dataSetStart), "deflate-raw")
    : file;
  const dataSet = parseDataSet(file, bytes);
  const element = dataSet.elements[PIXEL_DATA];
  if (!element) throw noImage(dataSet);

  const attributes = readSizedAttributes(dataSet);
  const isEncapsulated = element.encapsulatedPixelData === true;
  if (isEncapsulated !== (transferSyntax.coding !== "native")) {
    throw new LabError(
      "file-damaged",
      `The header says ${transferSyntax.name}, but the pixels are ${isEncapsulated ? "compressed" : "not compressed"}.`,
    );
  }
  const frame = isEncapsulated
    ? firstFrameOf(bytes, element, attributes.frames, transferSyntax.coding)
    : nativeFrame(bytes, element, attributes);
  const pairsExchanged =
    transferSyntax.bigEndian && element.vr === "OW" && attributes.bitsAllocated === 8;
  return { attributes, transferSyntax, frame, pairsExchanged };
}

/** Puts preamble, "DICM" and, where there is none, a file meta group in front of a bare data set. */
export function withPreamble(bare: Uint8Array): Uint8Array {
  const hasMeta = bare[0] === 2;
  const isExplicit = bare[4]! >= 0x41 && bare[4]! <= 0x5a;
  const uid = isExplicit ? "1.2.840.10008.1.2.1\0" : "1.2.840.10008.1.2\0";
  const meta = hasMeta ? [] : [2, 0, 0x10, 0, 0x55, 0x49, uid.length, 0, ...asciiBytes(uid)];
  const out = new Uint8Array(PREAMBLE_BYTES + meta.length + bare.length);
  out.set(asciiBytes("DICM"), 128);
  out.set(meta, PREAMBLE_BYTES);
  out.set(bare, PREAMBLE_BYTES + meta.length);
  return out;
}

function asciiBytes(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

/** The file meta group (always explicit little-endian) is walked here: what follows it may have to be inflated first. */
function readFileMeta(file: Uint8Array): { uid: string; dataSetStart: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = PREAMBLE_BYTES;
  let uid: string | undefined;
  while (at + 8 <= file.length && view.getUint16(at, true) === 2) {
    const element = view.getUint16(at + 2, true);
    const vr = String.fromCharCode(file[at + 4]!, file[at + 5]!);
    const isLong = LONG_FORM_VRS.has(vr);
    if (isLong && at + 12 > file.length) throw headerCutOff();
    const start = at + (isLong ? 12 : 8);
    const length = isLong ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true);
    if (start + length > file.length) throw headerCutOff();
    if (element === 0x10) {
      uid = String.fromCharCode(...file.subarray(start, start + Math.min(length, 64)));
    }
    at = start + length;
  }
  if (uid === undefined) {
    if (at + 8 > file.length) throw headerCutOff();
    throw new LabError("file-damaged", "The DICOM header does not say how the file is encoded.");
  }
  return { uid: uid.replace(/[\0 ]+$/, ""), dataSetStart: at };
}

/** Offsets in the data set are positions in `bytes`: the inflated data set of a deflated file, else the file itself. */
function parseDataSet(file: Uint8Array, bytes: Uint8Array): DataSet {
  try {
    return dicomParser.parseDicom(file, { inflater: () => bytes });
  } catch (error) {
    if (error instanceof RangeError) throw nestedTooDeeply();
    if (!isPartialParse(error)) {
      throw new LabError("file-damaged", "The DICOM structure is damaged.", { cause: error });
    }
    if (error.exception instanceof RangeError) throw nestedTooDeeply();
    // Rubbish behind complete pixel data is common (padding to a block size) and harms nothing.
    const pixels = error.dataSet.elements[PIXEL_DATA];
    if (pixels && endOf(pixels) <= bytes.length) return error.dataSet;
    throw structureError(bytes, error.dataSet);
  }
}

/** What dicom-parser throws when it fails inside the data set: the elements read so far are in `dataSet`. */
interface PartialParse {
  readonly exception: unknown;
  readonly dataSet: DataSet;
}

function isPartialParse(error: unknown): error is PartialParse {
  return typeof error === "object" && error !== null && "dataSet" in error && "exception" in error;
}

/** Says at which element the structure breaks; nothing of its value is repeated. */
function structureError(bytes: Uint8Array, dataSet: DataSet): LabError {
  const beyond = Object.values(dataSet.elements).find((element) => endOf(element) > bytes.length);
  if (!beyond) return headerCutOff();
  if (beyond.tag === PIXEL_DATA) {
    const attributes = readSizedAttributes(dataSet);
    const needed = beyond.hadUndefinedLength
      ? encapsulatedBytes(beyond)
      : Math.max(beyond.length, nativeFrameBytes(attributes));
    return pixelsCutOff(bytes.length - beyond.dataOffset, needed);
  }
  if (beyond.hadUndefinedLength) return sequenceNeverEnds();
  // A believable length is a file that was cut; 65,520 letters of a short text are a damaged length.
  const isShortForm = beyond.vr !== undefined && !LONG_FORM_VRS.has(beyond.vr);
  if (!isShortForm || beyond.length <= 1024) return headerCutOff();
  const tag = `${beyond.tag.slice(1, 5)},${beyond.tag.slice(5)}`.toUpperCase();
  return damagedStructure(`element ${tag} is longer than the file`);
}

/** Value representations with a 32-bit length (PS3.5 table 7.1-1). */
const LONG_FORM_VRS = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));

function sequenceNeverEnds(): LabError {
  return damagedStructure("a sequence never ends");
}

function damagedStructure(what: string): LabError {
  return new LabError("file-damaged", `The DICOM structure is damaged (${what}).`, {
    hint: "Copy or export the file again.",
  });
}

function readSizedAttributes(dataSet: DataSet): DicomAttributes {
  const attributes = readAttributes(dataSet);
  checkImageSize(attributes.rows, attributes.cols, attributes.samplesPerPixel);
  return attributes;
}

/** Bytes of encapsulated pixel data up to the end that its last fragment declares. */
function encapsulatedBytes({ fragments = [], dataOffset }: Element): number {
  const last = fragments.at(-1);
  return last ? last.position + last.length - dataOffset : 0;
}

function endOf(element: Element): number {
  return element.dataOffset + element.length;
}

function nativeFrameBytes({ rows, cols, samplesPerPixel, bitsAllocated }: DicomAttributes): number {
  return rows * cols * samplesPerPixel * (bitsAllocated / 8);
}

function nativeFrame(bytes: Uint8Array, element: Element, attributes: DicomAttributes): Uint8Array {
  const needed = nativeFrameBytes(attributes);
  const present = Math.min(element.length, bytes.length - element.dataOffset);
  if (present < needed) throw pixelsCutOff(present, needed);
  // The byte that fills up an odd number of pixels goes along: in exchanged pairs it comes before the last pixel.
  return bytes.subarray(
    element.dataOffset,
    element.dataOffset + Math.min(element.length, needed + (needed % 2)),
  );
}

function pixelsCutOff(present: number, needed: number): LabError {
  const share = needed > 0 ? present / needed : 0;
  const percent = Math.max(0, Math.min(99, Math.floor(100 * share)));
  return new LabError(
    "file-truncated",
    `The image data is cut off (${percent}% present). Not shown.`,
    { hint: "Copy or export the file again." },
  );
}

function headerCutOff(): LabError {
  return new LabError("file-truncated", "The DICOM header is cut off.", {
    hint: "Copy or export the file again.",
  });
}

function nestedTooDeeply(): LabError {
  return new LabError("file-damaged", "The DICOM structure is nested too deeply.");
}

function noImage(dataSet: DataSet): LabError {
  const isPdf =
    dataSet.elements[ENCAPSULATED_DOCUMENT] !== undefined ||
    dataSet.string("x00080016")?.trim() === ENCAPSULATED_PDF;
  if (isPdf) {
    return new LabError("file-no-image", "This DICOM file holds a PDF document, not an X-ray.");
  }
  if (FLOAT_PIXEL_DATA.some((tag) => dataSet.elements[tag])) {
    return new LabError(
      "file-unsupported",
      "This image has floating-point pixels, which this viewer cannot read.",
    );
  }
  // dicom-parser closes open sequences at the end of the file and only warns; what follows them is inside.
  if (dataSet.warnings.some((warning) => warning.includes("eof encountered"))) {
    return sequenceNeverEnds();
  }
  return new LabError("file-no-image", "This DICOM file has no image in it.");
}
