/** DICOM to radiograph: decode one frame, check it against the header, apply the modality transform. */
import { LabError } from "../errors/labError.ts";
import type { Radiograph, Voi } from "../image/radiograph.ts";
import { decodeCodestream } from "./codecs.ts";
import type { CodecHost } from "./codecs.ts";
import { readCodestreamHeader } from "./codestreamHeader.ts";
import type { CodestreamFormat } from "./codestreamHeader.ts";
import { parseDicom } from "./dicom.ts";
import type { DicomImage } from "./dicom.ts";
import type { DicomAttributes } from "./dicomAttributes.ts";
import { hashStoredValues } from "./decodeSummary.ts";
import { markedAsRgb } from "./jpegColor.ts";
import { withStatedLines } from "./jpegSegments.ts";
import { grayValues } from "./luminance.ts";
import { toModalityValue, toModalityValues, toVoiTable } from "./modality.ts";
import { decodeRle } from "./rle.ts";
import { readDecodedSamples, readNativeSamples } from "./storedValues.ts";

/** @throws LabError with a file-* code */
export async function loadDicom(
  bytes: Uint8Array,
  host: CodecHost,
  frame = 0,
): Promise<Radiograph> {
  const image = parseDicom(bytes, frame);
  const { attributes } = image;
  checkPhotometric(attributes);
  const { values: stored, bits } = await decodeStoredValues(image, host);
  const values = toModalityValues(stored, attributes);
  const padding = paddingInModalityValues(attributes, values instanceof Float32Array);
  const isInverted = attributes.photometric === "MONOCHROME1" || attributes.presentationInverse;
  return {
    ...(attributes.frames > 1 ? { frame: { index: frame, count: attributes.frames } } : {}),
    rows: attributes.rows,
    cols: attributes.cols,
    values,
    bitsStored: bits,
    photometric: isInverted ? "MONOCHROME1" : "MONOCHROME2",
    vois: voisOf(attributes),
    ...(attributes.pixelSpacingMm ? { pixelSpacingMm: attributes.pixelSpacingMm } : {}),
    ...(attributes.modalityTable ? {} : { rescale: attributes.rescale }),
    acquisition: attributes.acquisition,
    pixelAspect: attributes.pixelAspect,
    ...(padding ? { padding } : {}),
    notices: [...attributes.notices, ...noticesOf(attributes, frame)],
    source: "dicom",
    rawSha256: await hashStoredValues(stored),
  };
}

interface StoredPlane {
  readonly values: Int32Array;
  /** Depth of the values. */
  readonly bits: number;
}

async function decodeStoredValues(image: DicomImage, host: CodecHost): Promise<StoredPlane> {
  const { coding } = image.transferSyntax;
  return coding === "native" || coding === "rle"
    ? readPlainFrame(image)
    : decodeCompressedFrame(image, host);
}

function readPlainFrame(image: DicomImage): StoredPlane {
  const { attributes, transferSyntax, frame, bigEndian, pairsExchanged } = image;
  const { rows, cols, samplesPerPixel, bitsAllocated, photometric } = attributes;
  const isRle = transferSyntax.coding === "rle";
  const isHalved = photometric === "YBR_FULL_422" && bitsAllocated === 8 && !isRle;
  if (COMPRESSED_ONLY.has(photometric) && !isHalved) throw unreadablePixels(attributes);
  const pixels = rows * cols;
  const bytes = isRle
    ? decodeRle(frame, { pixels, samplesPerPixel, bytesPerSample: bitsAllocated / 8 })
    : frame;
  const samples = readNativeSamples(bytes, { ...attributes, bigEndian, pairsExchanged });
  if (isHalved) return { values: brightnessOfPairs(samples, pixels), bits: attributes.bitsStored };
  const values = grayValues(samples, {
    pixels,
    channels: samplesPerPixel,
    planar: isRle || attributes.planar,
    lumaFirst: photometric === "YBR_FULL",
  });
  return { values, bits: attributes.bitsStored };
}

/** Two brightnesses stand before the colour that their pixels share. */
function brightnessOfPairs(samples: Int32Array, pixels: number): Int32Array {
  return Int32Array.from({ length: pixels }, (_, i) => samples[4 * (i >> 1) + (i & 1)] ?? 0);
}

async function decodeCompressedFrame(image: DicomImage, host: CodecHost): Promise<StoredPlane> {
  const { attributes } = image;
  const { rows, cols, samplesPerPixel, bitsAllocated, photometric } = attributes;
  const stream = withStatedLines(image.frame);
  const header = readCodestreamHeader(stream);
  if (header.rows !== rows || header.cols !== cols) {
    throw mismatch(`${cols} x ${rows} against ${header.cols} x ${header.rows}`);
  }
  if (header.channels !== samplesPerPixel) {
    throw mismatch(`${samplesPerPixel} against ${header.channels} samples a pixel`);
  }
  if (header.precision > bitsAllocated) {
    throw mismatch(`${bitsAllocated} against ${header.precision} bits a sample`);
  }
  const { format, precision } = header;
  const isRgbJpeg = format === "jpeg-dct" && photometric === "RGB" && samplesPerPixel === 3;
  const decoded = await decodeCodestream(isRgbJpeg ? markedAsRgb(stream) : stream, header, host);
  const isWavelet = format === "jpeg-2000" || format === "htj2k";
  const samples = readDecodedSamples(decoded, { ...attributes, precision, knowsSign: isWavelet });
  const values = grayValues(samples, {
    pixels: rows * cols,
    channels: decoded.channels,
    planar: decoded.planar,
    lumaFirst: keepsLuma(format, photometric),
  });
  return { values, bits: depthOf(values, precision, attributes) };
}

/** A codestream is often wider than what was stored in it: the header's depth holds as long as every value fits. */
function depthOf(
  values: Int32Array,
  precision: number,
  { bitsStored, hasOverlayBits }: DicomImage["attributes"],
): number {
  const isFitting = () => values.every((value) => value < 2 ** bitsStored);
  return hasOverlayBits || (bitsStored < precision && isFitting()) ? bitsStored : precision;
}

/**
 * True when decoding leaves YCbCr as it is. JPEG decoders hand back RGB, and so do those of JPEG 2000 where the names of
 * its own transforms stand in the header (YBR_RCT, YBR_ICT); otherwise the channels are what was stored.
 */
function keepsLuma(format: CodestreamFormat, photometric: string): boolean {
  if (format === "jpeg-dct" || format === "jpeg-dct-12") return false;
  const isWavelet = format === "jpeg-2000" || format === "htj2k";
  return photometric.startsWith(isWavelet ? "YBR_FULL" : "YBR");
}

function mismatch(numbers: string): LabError {
  return new LabError(
    "file-mismatch",
    `The compressed image does not match the header (${numbers}). Not shown.`,
    { hint: "Export the file again from the archive it came from." },
  );
}

/** @throws LabError "file-unsupported" for what is no grey or plain colour picture */
function checkPhotometric({ photometric, samplesPerPixel }: DicomAttributes): void {
  const gray = ["MONOCHROME1", "MONOCHROME2"].includes(photometric) && samplesPerPixel === 1;
  const color = COLOR_NAMES.has(photometric) && samplesPerPixel === 3;
  if (gray || color) return;
  throw unreadablePixels({ photometric, samplesPerPixel });
}

function unreadablePixels({
  photometric,
  samplesPerPixel,
}: Pick<DicomAttributes, "photometric" | "samplesPerPixel">): LabError {
  const shown = /^[A-Z0-9_ ]{1,16}$/.test(photometric) ? photometric : "unknown";
  return new LabError(
    "file-unsupported",
    `The pixels are of a kind this viewer cannot read (${shown}, ${samplesPerPixel} samples a pixel).`,
  );
}

/** Colour spaces with subsampling or a transform that only a compressed frame can have. */
const COMPRESSED_ONLY = new Set(["YBR_FULL_422", "YBR_ICT", "YBR_RCT"]);
const COLOR_NAMES = new Set(["RGB", "YBR_FULL", ...COMPRESSED_ONLY]);

function voisOf({ windows, voiTables }: DicomAttributes): Voi[] {
  const tables = voiTables.map(toVoiTable).filter((table) => table !== undefined);
  return [...windows, ...tables];
}

function paddingInModalityValues(
  attributes: DicomAttributes,
  isFloat: boolean,
): { low: number; high: number } | undefined {
  if (!attributes.padding) return undefined;
  const ends = [attributes.padding.low, attributes.padding.high].map((stored) =>
    toModalityValue(stored, attributes, isFloat),
  );
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

const RADIOGRAPHY = new Set(["CR", "DX", "RG", "RF", "XA", "SC", "OT", ""]);
const MAY_HOLD_NAMES = new Set(["CR", "DX", "SC"]);

function noticesOf(attributes: DicomAttributes, frame: number): string[] {
  const { modality, frames, photometric, samplesPerPixel, burnedInAnnotation } = attributes;
  const notices: string[] = [];
  // DICOM calls them alternatives and prefers neither.
  if (attributes.windows.length > 0 && attributes.voiTables.length > 0) {
    notices.push(
      "The file has a window and a lookup table for display: the window is used, and the table can be chosen among its windows.",
    );
  }
  if (frames > 1) {
    const which = frame === 0 ? "the first" : `number ${frame + 1}`;
    notices.push(`This file holds ${frames} pictures; ${which} is shown.`);
  }
  if (samplesPerPixel > 1) {
    notices.push(
      `This is a colour image (${photometric}), not a radiograph; its brightness is shown.`,
    );
  }
  if (!RADIOGRAPHY.has(modality)) {
    const shown = /^[A-Z]{2,4}$/.test(modality) ? modality : "Other";
    notices.push(`${shown} image: the models expect a frontal chest radiograph.`);
  }
  if (burnedInAnnotation === "YES") {
    notices.push("The file says that text is burned into the picture: it may name the patient.");
  } else if (burnedInAnnotation === "" && MAY_HOLD_NAMES.has(modality)) {
    notices.push(
      "The file does not say whether text is burned into the picture: look for names before sharing.",
    );
  }
  return notices;
}
