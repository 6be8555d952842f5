/**
 * DICOM Part 10 files to image attributes and one frame of pixel bytes: file meta group, transfer syntax, inflation,
 * limits and every refusal are decided here.
 */
import { LabError } from "../errors/labError.ts";
import { readAttributes } from "./dicomAttributes.ts";
import type { DicomAttributes } from "./dicomAttributes.ts";
import { damagedStructure, encodingAt, isBigEndian, isShortForm } from "./dicomDataSet.ts";
import { PIXEL_DATA, readDataSet } from "./dicomDataSet.ts";
import type { DataSet, Element, ElementBeyondEnd } from "./dicomDataSet.ts";
import { textsOf } from "./dicomValues.ts";
import { frameOf, noSuchFrame } from "./encapsulatedFrame.ts";
import { headerCutOff, readFileMeta } from "./dicomFileMeta.ts";
import { inflate, inflateZlib, isZlib } from "./inflate.ts";
import { checkImageSize } from "./limits.ts";
import { transferSyntaxOf } from "./transferSyntax.ts";
import type { TransferSyntax } from "./transferSyntax.ts";

export interface DicomImage {
  readonly attributes: DicomAttributes;
  readonly transferSyntax: TransferSyntax;
  /** Of the pixels as they are, which may be another than the transfer syntax says. */
  readonly bigEndian: boolean;
  /** The wanted frame: raw samples for coding "native", else its codestream. */
  readonly frame: Uint8Array;
  /** 8-bit pixels were written as big-endian 16-bit words: each pair is exchanged. */
  readonly pairsExchanged: boolean;
}

const FLOAT_PIXEL_DATA = ["x7fe00008", "x7fe00009"];
const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";
const SOP_CLASS = "x00080016";
const ENCAPSULATED_DOCUMENT = "x00420011";
const ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1";

/**
 * @param wanted frame, from 0
 * @throws LabError "file-unsupported", "file-too-large", "file-damaged", "file-truncated", "file-no-image"
 */
export function parseDicom(file: Uint8Array, wanted = 0): DicomImage {
  const { uid, transferSyntax, bytes, structure } = structureOf(file);
  const { dataSet, beyondEnd, endsInHeader } = structure;
  if (beyondEnd) throw endedIn(beyondEnd, dataSet);
  const element = dataSet.elements[PIXEL_DATA];
  if (!element) throw endsInHeader ? headerCutOff() : noImage(dataSet);

  const attributes = readSizedAttributes(dataSet, wanted);
  if (wanted >= attributes.frames) throw noSuchFrame(wanted, attributes.frames);
  const isEncapsulated = element.fragments !== undefined;
  if (uid === undefined && isEncapsulated) {
    throw new LabError("file-damaged", "The DICOM header does not say how the file is encoded.");
  }
  if (isEncapsulated !== (transferSyntax.coding !== "native")) {
    throw new LabError(
      "file-damaged",
      `The header says ${transferSyntax.name}, but the pixels are ${isEncapsulated ? "compressed" : "not compressed"}.`,
    );
  }
  const bigEndian = isBigEndian(dataSet, element);
  const pairsExchanged = bigEndian && element.vr === "OW" && attributes.bitsAllocated === 8;
  const { coding } = transferSyntax;
  const { frames } = attributes;
  const frame = isEncapsulated
    ? frameOf(dataSet, element, { frames, wanted, coding })
    : nativeFrame(bytes, element, { attributes, wanted, pairsExchanged });
  return { attributes, transferSyntax, bigEndian, frame, pairsExchanged };
}

/**
 * All elements of a file, none of them read yet.
 * @throws LabError "file-unsupported", "file-damaged", "file-truncated"
 */
export function structureOf(file: Uint8Array) {
  const { uid, dataSetStart } = readFileMeta(file);
  // Without a statement the data set shows by its first element how it is written.
  const transferSyntax = transferSyntaxOf(uid ?? EXPLICIT_LITTLE_ENDIAN);
  const { deflated } = transferSyntax;
  const bytes = deflated ? expanded(file.subarray(dataSetStart)) : file;
  const start = deflated ? 0 : dataSetStart;
  const stated = {
    explicit: transferSyntax.explicit,
    littleEndian: !transferSyntax.bigEndian,
  };
  const encoding = encodingAt(bytes, start, stated);
  return { uid, transferSyntax, bytes, structure: readDataSet(bytes, start, encoding) };
}

/** Deflate should be plain (PS3.5 A.5); some writers wrap it. */
function expanded(deflated: Uint8Array): Uint8Array {
  return isZlib(deflated) ? inflateZlib(deflated) : inflate(deflated);
}

/** Says at which element the structure breaks; nothing of its value is repeated. */
function endedIn({ element, isNested }: ElementBeyondEnd, before: DataSet): LabError {
  if (element.tag === PIXEL_DATA && !isNested) {
    const attributes = readSizedAttributes(before);
    const needed = element.fragments
      ? element.length
      : Math.max(element.length, nativeFrameBytes(attributes));
    return pixelsCutOff(before.byteArray.length - element.dataOffset, needed);
  }
  // A believable length is a file that was cut; 65,520 letters of a short text are a damaged length.
  if (!isShortForm(element.vr) || element.length <= 1024) return headerCutOff();
  const tag = `${element.tag.slice(1, 5)},${element.tag.slice(5)}`.toUpperCase();
  return damagedStructure(`element ${tag} is longer than the file`);
}

function readSizedAttributes(dataSet: DataSet, frame = 0): DicomAttributes {
  const attributes = readAttributes(dataSet, frame);
  checkImageSize(attributes.rows, attributes.cols, attributes.samplesPerPixel);
  return attributes;
}

function nativeFrameBytes(attributes: DicomAttributes): number {
  const { rows, cols, samplesPerPixel, bitsAllocated, photometric } = attributes;
  // Two pixels share their colour: brightness, brightness, blue, red (PS3.3 C.7.6.3.1.2).
  const samples = photometric === "YBR_FULL_422" ? 2 : samplesPerPixel;
  return rows * cols * samples * (bitsAllocated / 8);
}

function nativeFrame(
  bytes: Uint8Array,
  { dataOffset, length }: Element,
  of: {
    readonly attributes: DicomAttributes;
    readonly wanted: number;
    readonly pairsExchanged: boolean;
  },
): Uint8Array {
  const { attributes, wanted, pairsExchanged } = of;
  const needed = nativeFrameBytes(attributes);
  // Frames follow one another without anything between them (PS3.5 8.1.1).
  const before = wanted * needed;
  if (length < before + needed) throw pixelsCutOff(length, before + needed);
  if (pairsExchanged && before % 2 === 1) {
    throw new LabError(
      "file-unsupported",
      "The pictures of this file begin in the middle of a word of two bytes; only the first can be read.",
    );
  }
  const isHalved = attributes.photometric === "YBR_FULL_422" && attributes.frames === 1;
  if (isHalved && length >= 1.5 * needed) {
    throw new LabError(
      "file-mismatch",
      `The pixels do not match the header (YBR_FULL_422 needs ${needed} bytes, there are ${length}). Not shown.`,
    );
  }
  // The byte that fills up an odd number of pixels goes along: in exchanged pairs it comes before the last pixel.
  const end = Math.min(length, before + needed + (needed % 2));
  return bytes.subarray(dataOffset + before, dataOffset + end);
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

function noImage(dataSet: DataSet): LabError {
  const isPdf =
    dataSet.elements[ENCAPSULATED_DOCUMENT] !== undefined ||
    textsOf(dataSet, SOP_CLASS)[0] === ENCAPSULATED_PDF;
  if (isPdf) {
    return new LabError("file-no-image", "This DICOM file holds a PDF document, not an X-ray.");
  }
  if (FLOAT_PIXEL_DATA.some((tag) => dataSet.elements[tag])) {
    return new LabError(
      "file-unsupported",
      "This image has floating-point pixels, which this viewer cannot read.",
    );
  }
  return new LabError("file-no-image", "This DICOM file has no image in it.");
}
