/**
 * The image attributes of a data set, and nothing else: this file is the list of what is ever read from a DICOM file.
 * No patient, study or device attribute is on it.
 */
import { LabError } from "../errors/labError.ts";
import type { VoiWindow } from "../image/radiograph.ts";

/** The part of the parser's data set that is used; values are undefined where an element is absent or empty. */
export interface ElementReader {
  readonly elements: Readonly<Record<string, ElementInfo | undefined>>;
  uint16(tag: string, index?: number): number | undefined;
  string(tag: string, index?: number): string | undefined;
  numStringValues(tag: string): number | undefined;
}

export interface ElementInfo {
  readonly vr?: string;
  readonly length: number;
  readonly dataOffset: number;
  readonly items?: readonly { readonly dataSet?: ElementReader }[];
}

/** A lookup table as the file states it (PS3.3 C.11.1.1): entry i is for the input `firstValue + i`. */
export interface LookupTable {
  readonly firstValue: number;
  readonly entries: Uint16Array;
  readonly explanation?: string;
}

export interface DicomAttributes {
  readonly rows: number;
  readonly cols: number;
  readonly samplesPerPixel: number;
  /** Colour-by-plane instead of colour-by-pixel. */
  readonly planar: boolean;
  readonly frames: number;
  readonly photometric: string;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly modality: string;
  readonly presentationInverse: boolean;
  readonly rescale: { readonly slope: number; readonly intercept: number };
  readonly modalityTable?: LookupTable;
  readonly windows: readonly VoiWindow[];
  readonly voiTables: readonly LookupTable[];
  /** In stored values, both included. */
  readonly padding?: { readonly low: number; readonly high: number };
  readonly pixelSpacingMm?: { readonly row: number; readonly col: number };
  readonly pixelAspect: number;
  /** "YES", "NO" or "" when the file doesn't say. */
  readonly burnedInAnnotation: string;
  readonly notices: readonly string[];
}

const TAG = {
  modality: "x00080060",
  imagerPixelSpacing: "x00181164",
  samplesPerPixel: "x00280002",
  photometric: "x00280004",
  planarConfiguration: "x00280006",
  numberOfFrames: "x00280008",
  rows: "x00280010",
  columns: "x00280011",
  pixelSpacing: "x00280030",
  pixelAspectRatio: "x00280034",
  bitsAllocated: "x00280100",
  bitsStored: "x00280101",
  highBit: "x00280102",
  pixelRepresentation: "x00280103",
  pixelPaddingValue: "x00280120",
  pixelPaddingRangeLimit: "x00280121",
  burnedInAnnotation: "x00280301",
  windowCenter: "x00281050",
  windowWidth: "x00281051",
  rescaleIntercept: "x00281052",
  rescaleSlope: "x00281053",
  windowExplanation: "x00281055",
  voiLutFunction: "x00281056",
  modalityLutSequence: "x00283000",
  lutDescriptor: "x00283002",
  lutExplanation: "x00283003",
  lutData: "x00283006",
  voiLutSequence: "x00283010",
  presentationLutShape: "x20500020",
} as const;

/**
 * Reads and checks the attributes. Unusable optional ones (windows, rescale, tables) are left out with a notice;
 * required ones that make no sense are refused.
 * @throws LabError "file-damaged" for impossible sizes and bit depths, "file-unsupported" for 1-bit and unsigned 32-bit pixels
 */
export function readAttributes(dataSet: ElementReader): DicomAttributes {
  const notices: string[] = [];
  const rows = dataSet.uint16(TAG.rows) ?? 0;
  const cols = dataSet.uint16(TAG.columns) ?? 0;
  if (rows === 0 || cols === 0) {
    throw new LabError(
      "file-damaged",
      `The header describes an image of ${cols} x ${rows} pixels. Not shown.`,
    );
  }
  const signed = dataSet.uint16(TAG.pixelRepresentation) === 1;
  const depth = readDepth(dataSet);
  if (depth.bitsStored === 32 && !signed) {
    throw new LabError("file-unsupported", "Unsigned 32-bit pixels are not supported.");
  }
  const photometric = dataSet.string(TAG.photometric)?.trim().toUpperCase() ?? "";
  if (photometric === "") {
    notices.push("The file does not say whether low values are black; black is assumed.");
  }
  const modalityTable = readTables(dataSet, TAG.modalityLutSequence, signed, notices)[0];
  const padding = readPadding(dataSet, signed);
  const pixelSpacingMm =
    readSpacing(dataSet, TAG.imagerPixelSpacing) ?? readSpacing(dataSet, TAG.pixelSpacing);
  return {
    rows,
    cols,
    samplesPerPixel: dataSet.uint16(TAG.samplesPerPixel) ?? 1,
    planar: dataSet.uint16(TAG.planarConfiguration) === 1,
    frames: Math.max(1, readNumber(dataSet, TAG.numberOfFrames) ?? 1),
    photometric: photometric === "" ? "MONOCHROME2" : photometric,
    ...depth,
    signed,
    modality: dataSet.string(TAG.modality)?.trim() ?? "",
    presentationInverse: dataSet.string(TAG.presentationLutShape)?.trim() === "INVERSE",
    rescale: readRescale(dataSet, notices),
    ...(modalityTable ? { modalityTable } : {}),
    windows: readWindows(dataSet, notices),
    voiTables: readTables(dataSet, TAG.voiLutSequence, signed, notices),
    ...(padding ? { padding } : {}),
    ...(pixelSpacingMm ? { pixelSpacingMm } : {}),
    pixelAspect: readAspect(dataSet, pixelSpacingMm),
    burnedInAnnotation: dataSet.string(TAG.burnedInAnnotation)?.trim() ?? "",
    notices,
  };
}

function readDepth(dataSet: ElementReader): {
  bitsAllocated: number;
  bitsStored: number;
  highBit: number;
} {
  const bitsAllocated = dataSet.uint16(TAG.bitsAllocated) ?? 0;
  const bitsStored = dataSet.uint16(TAG.bitsStored) ?? bitsAllocated;
  const highBit = dataSet.uint16(TAG.highBit) ?? bitsStored - 1;
  if (bitsAllocated === 1) {
    throw new LabError("file-unsupported", "This image is a 1-bit mask, not an X-ray.");
  }
  const isSane =
    [8, 16, 32].includes(bitsAllocated) &&
    bitsStored >= 1 &&
    bitsStored <= bitsAllocated &&
    highBit >= bitsStored - 1 &&
    highBit < bitsAllocated;
  if (!isSane) {
    throw new LabError(
      "file-damaged",
      `The header describes impossible pixels (${bitsStored} of ${bitsAllocated} bits, high bit ${highBit}).`,
    );
  }
  return { bitsAllocated, bitsStored, highBit };
}

function readRescale(
  dataSet: ElementReader,
  notices: string[],
): { slope: number; intercept: number } {
  const slope = readNumber(dataSet, TAG.rescaleSlope) ?? 1;
  const intercept = readNumber(dataSet, TAG.rescaleIntercept) ?? 0;
  if (Number.isFinite(slope) && slope !== 0 && Number.isFinite(intercept))
    return { slope, intercept };
  notices.push("The rescale values in the file are unusable; stored values are shown.");
  return { slope: 1, intercept: 0 };
}

function readWindows(dataSet: ElementReader, notices: string[]): VoiWindow[] {
  const kind = windowKind(dataSet.string(TAG.voiLutFunction)?.trim().toUpperCase());
  const count = Math.min(
    dataSet.numStringValues(TAG.windowCenter) ?? 0,
    dataSet.numStringValues(TAG.windowWidth) ?? 0,
  );
  const windows: VoiWindow[] = [];
  for (let i = 0; i < Math.min(count, 16); i++) {
    const center = readNumber(dataSet, TAG.windowCenter, i) ?? NaN;
    const width = readNumber(dataSet, TAG.windowWidth, i) ?? NaN;
    const narrowest = kind === "linear" ? 1 : Number.MIN_VALUE;
    if (!Number.isFinite(center) || !Number.isFinite(width) || width < narrowest) continue;
    const explanation = readLabel(dataSet, TAG.windowExplanation, i);
    windows.push({ kind, center, width, ...(explanation ? { explanation } : {}) });
  }
  if (count > 0 && windows.length === 0) {
    notices.push("Opened with an automatic window: the window in the file is unusable.");
  }
  return windows;
}

function windowKind(lutFunction: string | undefined): VoiWindow["kind"] {
  if (lutFunction === "SIGMOID") return "sigmoid";
  return lutFunction === "LINEAR_EXACT" ? "linear_exact" : "linear";
}

function readTables(
  dataSet: ElementReader,
  sequence: string,
  signed: boolean,
  notices: string[],
): LookupTable[] {
  const tables: LookupTable[] = [];
  for (const item of dataSet.elements[sequence]?.items ?? []) {
    const table = item.dataSet && readTable(item.dataSet, signed);
    if (table) tables.push(table);
    else notices.push("A lookup table in the file is unusable and was left out.");
  }
  return tables;
}

function readTable(item: ElementReader, signed: boolean): LookupTable | undefined {
  const data = item.elements[TAG.lutData];
  const first = item.uint16(TAG.lutDescriptor, 1);
  const bits = item.uint16(TAG.lutDescriptor, 2);
  if (!data || first === undefined || bits === undefined) return undefined;
  // A 16-bit count can't say 65,536; it says 0.
  const count = item.uint16(TAG.lutDescriptor, 0) || 65_536;
  const packed = bits <= 8 && data.length < 2 * count;
  if (data.length < (packed ? count : 2 * count)) return undefined;
  const entries = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    if (packed) {
      const pair = item.uint16(TAG.lutData, i >> 1) ?? 0;
      entries[i] = i % 2 === 0 ? pair & 0xff : pair >> 8;
    } else {
      entries[i] = item.uint16(TAG.lutData, i) ?? 0;
    }
  }
  const vr = item.elements[TAG.lutDescriptor]?.vr;
  const isSigned = vr === "SS" || (vr !== "US" && signed);
  const explanation = readLabel(item, TAG.lutExplanation, 0);
  return {
    firstValue: isSigned ? (first << 16) >> 16 : first,
    entries,
    ...(explanation ? { explanation } : {}),
  };
}

function readPadding(
  dataSet: ElementReader,
  signed: boolean,
): { low: number; high: number } | undefined {
  const value = dataSet.uint16(TAG.pixelPaddingValue);
  if (value === undefined) return undefined;
  const limit = dataSet.uint16(TAG.pixelPaddingRangeLimit) ?? value;
  const [a, b] = signed ? [(value << 16) >> 16, (limit << 16) >> 16] : [value, limit];
  return { low: Math.min(a, b), high: Math.max(a, b) };
}

function readSpacing(
  dataSet: ElementReader,
  tag: string,
): { row: number; col: number } | undefined {
  const row = readNumber(dataSet, tag, 0) ?? NaN;
  const col = readNumber(dataSet, tag, 1) ?? NaN;
  const isUsable = (mm: number) => mm > 1e-4 && mm < 1e3;
  return isUsable(row) && isUsable(col) ? { row, col } : undefined;
}

/** Height over width of a pixel: "2\1" is twice as high as wide. Ratios beyond 16 are taken for damage. */
function readAspect(
  dataSet: ElementReader,
  spacing: { readonly row: number; readonly col: number } | undefined,
): number {
  const vertical = readNumber(dataSet, TAG.pixelAspectRatio, 0) ?? NaN;
  const horizontal = readNumber(dataSet, TAG.pixelAspectRatio, 1) ?? NaN;
  const stated = vertical / horizontal;
  const ratio = Number.isFinite(stated) ? stated : spacing ? spacing.row / spacing.col : 1;
  return ratio >= 1 / 16 && ratio <= 16 ? ratio : 1;
}

/** A decimal or integer string; undefined when absent or empty, NaN when it is no number. */
function readNumber(dataSet: ElementReader, tag: string, index = 0): number | undefined {
  const text = dataSet.string(tag, index)?.trim();
  return text === undefined || text === "" ? undefined : Number(text);
}

/** The name of a window or table, without control characters and no longer than the standard's 64 letters. */
function readLabel(dataSet: ElementReader, tag: string, index: number): string | undefined {
  const text = dataSet
    .string(tag, index)
    ?.replace(/[^\x20-\x7e]/g, "")
    .trim();
  return text ? text.slice(0, 64) : undefined;
}
