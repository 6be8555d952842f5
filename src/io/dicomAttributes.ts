/**
 * The image attributes of a data set, and nothing else: this file is the list of what is ever read from a DICOM file.
 * No attribute of a patient or a study is on it; what is told of the recording stands in acquisition.ts.
 */
import { LabError } from "../errors/labError.ts";
import type { Acquisition, PixelSpacing, VoiWindow } from "../image/radiograph.ts";
import { readAcquisition } from "./acquisition.ts";
import { itemsOf } from "./dicomDataSet.ts";
import type { DataSet } from "./dicomDataSet.ts";
import { decimalsOf, textsOf, wordsOf } from "./dicomValues.ts";
import { readLabel, readTables } from "./lookupTable.ts";
import type { LookupTable } from "./lookupTable.ts";
import { modalityRange } from "./modality.ts";

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
  /** Bits above the stored ones hold overlays (retired in 2004), not a deeper picture. */
  readonly hasOverlayBits: boolean;
  readonly modality: string;
  readonly presentationInverse: boolean;
  readonly rescale: { readonly slope: number; readonly intercept: number };
  readonly modalityTable?: LookupTable;
  readonly windows: readonly VoiWindow[];
  readonly voiTables: readonly LookupTable[];
  /** In stored values, both included. */
  readonly padding?: { readonly low: number; readonly high: number };
  readonly pixelSpacingMm?: PixelSpacing;
  readonly pixelAspect: number;
  /** "YES", "NO" or "" when the file doesn't say. */
  readonly burnedInAnnotation: string;
  readonly acquisition: Acquisition;
  readonly notices: readonly string[];
}

const TAG = {
  modality: "x00080060",
  magnification: "x00181114",
  imagerPixelSpacing: "x00181164",
  nominalScannedPixelSpacing: "x00182010",
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
  calibration: "x00280a02",
  burnedInAnnotation: "x00280301",
  windowCenter: "x00281050",
  windowWidth: "x00281051",
  rescaleIntercept: "x00281052",
  rescaleSlope: "x00281053",
  windowExplanation: "x00281055",
  voiLutFunction: "x00281056",
  modalityLutSequence: "x00283000",
  voiLutSequence: "x00283010",
  presentationLutShape: "x20500020",
  /** In groups 6000 to 601E. */
  overlayBitPosition: "0102",
  overlayData: "3000",
} as const;

/** The functional groups of multi-frame images (PS3.3 C.7.6.16), and those of their macros that are read. */
const GROUPS = { shared: "x52009229", perFrame: "x52009230" } as const;
const MACRO = {
  pixelMeasures: "x00289110",
  voiLut: "x00289132",
  pixelValueTransformation: "x00289145",
  xRayPixelProperties: "x00289443",
} as const;

/**
 * Reads and checks the attributes. Unusable optional ones (windows, rescale, tables) are left out with a notice;
 * required ones that make no sense are refused.
 * @throws LabError "file-damaged" for impossible sizes and bit depths, "file-unsupported" for 1-bit, packed and unsigned 32-bit pixels
 */
export function readAttributes(dataSet: DataSet, frame = 0): DicomAttributes {
  const notices: string[] = [];
  const word = (tag: string): number | undefined => wordsOf(dataSet, tag)[0];
  const text = (tag: string): string => textsOf(dataSet, tag)[0]?.toUpperCase() ?? "";
  const rows = word(TAG.rows) ?? 0;
  const cols = word(TAG.columns) ?? 0;
  if (rows === 0 || cols === 0) {
    throw new LabError(
      "file-damaged",
      `The header describes an image of ${cols} x ${rows} pixels. Not shown.`,
    );
  }
  const signed = word(TAG.pixelRepresentation) === 1;
  const depth = readDepth(word);
  if (depth.bitsStored === 32 && !signed) {
    throw new LabError("file-unsupported", "Unsigned 32-bit pixels are not supported.");
  }
  const photometric = text(TAG.photometric);
  if (photometric === "") {
    notices.push("The file does not say whether low values are black; black is assumed.");
  }
  const storedRange = rangeOfStored(depth.bitsStored, signed);
  const tables = itemsOf(dataSet, TAG.modalityLutSequence);
  const modalityTable = readTables(tables, storedRange, notices)[0];
  const rescale = readRescale(frameMacro(dataSet, MACRO.pixelValueTransformation, frame), notices);
  const range = modalityRange(storedRange, {
    rescale,
    ...(modalityTable ? { modalityTable } : {}),
  });
  const voi = frameMacro(dataSet, MACRO.voiLut, frame);
  const padding = readPadding(word, signed);
  const pixelSpacingMm = readSpacing(dataSet, frame);
  const overlays = readOverlays(dataSet);
  notices.push(...overlayNotices(overlays));
  return {
    rows,
    cols,
    samplesPerPixel: word(TAG.samplesPerPixel) ?? 1,
    planar: word(TAG.planarConfiguration) === 1,
    frames: readFrames(dataSet),
    photometric: photometric === "" ? "MONOCHROME2" : photometric,
    ...depth,
    signed,
    hasOverlayBits: overlays.inBits,
    modality: text(TAG.modality),
    presentationInverse: text(TAG.presentationLutShape) === "INVERSE",
    rescale,
    ...(modalityTable ? { modalityTable } : {}),
    windows: readWindows(voi, notices),
    voiTables: readTables(itemsOf(voi, TAG.voiLutSequence), range, notices),
    ...(padding ? { padding } : {}),
    ...(pixelSpacingMm ? { pixelSpacingMm } : {}),
    pixelAspect: readAspect(dataSet, pixelSpacingMm),
    burnedInAnnotation: text(TAG.burnedInAnnotation),
    acquisition: readAcquisition(dataSet),
    notices,
  };
}

/**
 * Where the attributes of a macro stand for one frame: in its own functional group, in the shared one, or, in
 * images without functional groups, in the data set itself.
 */
function frameMacro(dataSet: DataSet, macro: string, frame: number): DataSet {
  for (const [groups, index] of [
    [GROUPS.perFrame, frame],
    [GROUPS.shared, 0],
  ] as const) {
    const group = itemsOf(dataSet, groups)[index];
    const item = group && itemsOf(group, macro)[0];
    if (item) return item;
  }
  return dataSet;
}

/** Groups 6000 to 601E (PS3.3 C.9.2): overlays with data of their own, and whether any lies in bits of the pixels. */
function readOverlays(dataSet: DataSet): { readonly planes: number; readonly inBits: boolean } {
  const found = { planes: 0, inBits: false };
  for (let group = 0x6000; group <= 0x601e; group += 2) {
    const tag = `x${group.toString(16)}`;
    const position = wordsOf(dataSet, tag + TAG.overlayBitPosition)[0] ?? 0;
    if (dataSet.elements[tag + TAG.overlayData]) found.planes += 1;
    else if (position > 0) found.inBits = true;
  }
  return found;
}

function overlayNotices({ planes, inBits }: ReturnType<typeof readOverlays>): readonly string[] {
  if (planes === 0 && !inBits) return [];
  const what = planes > 1 ? `${planes} overlays` : "an overlay";
  return [
    `The file brings ${what} of marks or text, drawn over the film elsewhere: not shown here, and not given to the model.`,
  ];
}

function rangeOfStored(bits: number, signed: boolean): { low: number; high: number } {
  return signed
    ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 }
    : { low: 0, high: 2 ** bits - 1 };
}

function readFrames(dataSet: DataSet): number {
  const frames = decimalsOf(dataSet, TAG.numberOfFrames)[0] ?? 1;
  return frames >= 1 && Number.isInteger(frames) ? frames : 1;
}

function readDepth(word: (tag: string) => number | undefined): {
  bitsAllocated: number;
  bitsStored: number;
  highBit: number;
} {
  const bitsAllocated = word(TAG.bitsAllocated) ?? 0;
  const bitsStored = word(TAG.bitsStored) ?? bitsAllocated;
  const highBit = word(TAG.highBit) ?? bitsStored - 1;
  if (bitsAllocated === 1) {
    throw new LabError("file-unsupported", "This image is a 1-bit mask, not an X-ray.");
  }
  if (bitsAllocated > 1 && bitsAllocated < 32 && bitsAllocated % 8 !== 0) {
    throw new LabError(
      "file-unsupported",
      `The file packs its pixels into words of ${bitsAllocated} bits, which this viewer cannot read.`,
      { hint: "Export the image with 8 or 16 bits allocated to each pixel and open it again." },
    );
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

function readRescale(source: DataSet, notices: string[]): { slope: number; intercept: number } {
  const slope = decimalsOf(source, TAG.rescaleSlope)[0] ?? 1;
  const intercept = decimalsOf(source, TAG.rescaleIntercept)[0] ?? 0;
  if (Number.isFinite(slope) && slope !== 0 && Number.isFinite(intercept))
    return { slope, intercept };
  notices.push("The rescale values in the file are unusable; stored values are shown.");
  return { slope: 1, intercept: 0 };
}

/** As many windows as have both a centre and a width; names may be fewer. */
function readWindows(source: DataSet, notices: string[]): VoiWindow[] {
  const kind = windowKind(textsOf(source, TAG.voiLutFunction)[0]?.toUpperCase());
  const centers = decimalsOf(source, TAG.windowCenter);
  const widths = decimalsOf(source, TAG.windowWidth);
  const explanations = textsOf(source, TAG.windowExplanation);
  const windows: VoiWindow[] = [];
  for (let i = 0; i < Math.min(centers.length, widths.length, 16); i++) {
    const center = centers[i] ?? NaN;
    const width = widths[i] ?? NaN;
    const narrowest = kind === "linear" ? 1 : Number.MIN_VALUE;
    if (!Number.isFinite(center) || !Number.isFinite(width) || width < narrowest) continue;
    const explanation = readLabel(explanations[i]);
    windows.push({ kind, center, width, ...(explanation ? { explanation } : {}) });
  }
  if (windows.length === 0 && centers.length + widths.length > 0) {
    notices.push("Opened with an automatic window: the window in the file is unusable.");
  }
  return windows;
}

function windowKind(lutFunction: string | undefined): VoiWindow["kind"] {
  if (lutFunction === "SIGMOID") return "sigmoid";
  return lutFunction === "LINEAR_EXACT" ? "linear_exact" : "linear";
}

function readPadding(
  word: (tag: string) => number | undefined,
  signed: boolean,
): { low: number; high: number } | undefined {
  const value = word(TAG.pixelPaddingValue);
  if (value === undefined) return undefined;
  const limit = word(TAG.pixelPaddingRangeLimit) ?? value;
  const [a, b] = signed ? [(value << 16) >> 16, (limit << 16) >> 16] : [value, limit];
  return { low: Math.min(a, b), high: Math.max(a, b) };
}

/**
 * Where lengths hold (PS3.3 10.7.1.3): Pixel Spacing that differs from Imager Pixel Spacing, or names how it was calibrated,
 * holds in the patient; the same or none is the detector's; alone, the file does not say.
 */
function readSpacing(dataSet: DataSet, frame: number): PixelSpacing | undefined {
  const detector = spacingIn(
    frameMacro(dataSet, MACRO.xRayPixelProperties, frame),
    TAG.imagerPixelSpacing,
  );
  const stated = spacingIn(frameMacro(dataSet, MACRO.pixelMeasures, frame), TAG.pixelSpacing);
  const isCalibrated = textsOf(dataSet, TAG.calibration)[0] !== undefined;
  const differs = detector && stated && Math.abs(stated.col / detector.col - 1) > 1e-3;
  if (stated && (isCalibrated || differs)) return { ...stated, plane: "patient" };
  if (detector) {
    const magnification = decimalsOf(dataSet, TAG.magnification)[0] ?? NaN;
    return {
      ...detector,
      plane: "detector",
      ...(magnification > 1 && magnification < 10 ? { magnification } : {}),
    };
  }
  if (stated) return { ...stated, plane: "unstated" };
  const film = spacingIn(dataSet, TAG.nominalScannedPixelSpacing);
  return film && { ...film, plane: "film" };
}

/** Rows, then columns; writers that give one number mean both. */
function spacingIn(source: DataSet, tag: string): { row: number; col: number } | undefined {
  const [row = NaN, col = row] = decimalsOf(source, tag);
  const isUsable = (mm: number) => mm > 1e-4 && mm < 1e3;
  return isUsable(row) && isUsable(col) ? { row, col } : undefined;
}

/** Height over width of a pixel: "2\1" is twice as high as wide. Ratios beyond 16 are taken for damage. */
function readAspect(
  dataSet: DataSet,
  spacing: { readonly row: number; readonly col: number } | undefined,
): number {
  const [vertical = NaN, horizontal = NaN] = decimalsOf(dataSet, TAG.pixelAspectRatio);
  const stated = vertical / horizontal;
  const ratio = Number.isFinite(stated) ? stated : spacing ? spacing.row / spacing.col : 1;
  return ratio >= 1 / 16 && ratio <= 16 ? ratio : 1;
}
