/** DICOM to radiograph: decode the first frame, check it against the header, apply the modality transform. */
import { LabError } from "../errors/labError.ts";
import type { Radiograph, Voi } from "../image/radiograph.ts";
import { decodeCodestream } from "./codecs.ts";
import type { CodecHost } from "./codecs.ts";
import { readCodestreamHeader } from "./codestreamHeader.ts";
import { parseDicom } from "./dicom.ts";
import type { DicomImage } from "./dicom.ts";
import type { DicomAttributes } from "./dicomAttributes.ts";
import { hashStoredValues } from "./decodeSummary.ts";
import { greyValues } from "./luminance.ts";
import { toModalityValue, toModalityValues, toVoiTable } from "./modality.ts";
import { decodeRle } from "./rle.ts";
import { readDecodedSamples, readNativeSamples } from "./storedValues.ts";

/** @throws LabError with a file-* code */
export async function loadDicom(bytes: Uint8Array, host: CodecHost): Promise<Radiograph> {
  const image = await parseDicom(bytes);
  const { attributes } = image;
  checkPhotometric(attributes);
  const stored = await decodeStoredValues(image, host);
  const values = toModalityValues(stored, attributes);
  const padding = paddingInModalityValues(attributes, values instanceof Float32Array);
  const isInverted = attributes.photometric === "MONOCHROME1" || attributes.presentationInverse;
  return {
    rows: attributes.rows,
    cols: attributes.cols,
    values,
    bitsStored: attributes.bitsStored,
    photometric: isInverted ? "MONOCHROME1" : "MONOCHROME2",
    vois: voisOf(attributes),
    ...(attributes.pixelSpacingMm ? { pixelSpacingMm: attributes.pixelSpacingMm } : {}),
    pixelAspect: attributes.pixelAspect,
    ...(padding ? { padding } : {}),
    notices: [...attributes.notices, ...noticesOf(attributes)],
    source: "dicom",
    rawSha256: await hashStoredValues(stored),
  };
}

async function decodeStoredValues(image: DicomImage, host: CodecHost): Promise<Int32Array> {
  const { coding } = image.transferSyntax;
  return coding === "native" || coding === "rle"
    ? readPlainFrame(image)
    : decodeCompressedFrame(image, host);
}

function readPlainFrame(image: DicomImage): Int32Array {
  const { attributes, transferSyntax, frame, pairsExchanged } = image;
  const { rows, cols, samplesPerPixel, bitsAllocated, photometric } = attributes;
  if (COMPRESSED_ONLY.has(photometric)) throw unreadablePixels(attributes);
  const pixels = rows * cols;
  const isRle = transferSyntax.coding === "rle";
  const bytes = isRle
    ? decodeRle(frame, { pixels, samplesPerPixel, bytesPerSample: bitsAllocated / 8 })
    : frame;
  const { bigEndian } = transferSyntax;
  const samples = readNativeSamples(bytes, { ...attributes, bigEndian, pairsExchanged });
  return greyValues(samples, {
    pixels,
    channels: samplesPerPixel,
    planar: isRle || attributes.planar,
    lumaFirst: photometric === "YBR_FULL",
  });
}

async function decodeCompressedFrame(
  { attributes, frame }: DicomImage,
  host: CodecHost,
): Promise<Int32Array> {
  const { rows, cols, samplesPerPixel, bitsAllocated, photometric } = attributes;
  const header = readCodestreamHeader(frame);
  if (header.rows !== rows || header.cols !== cols) {
    throw mismatch(`${cols} x ${rows} against ${header.cols} x ${header.rows}`);
  }
  if (header.channels !== samplesPerPixel) {
    throw mismatch(`${samplesPerPixel} against ${header.channels} samples a pixel`);
  }
  if (header.precision > bitsAllocated) {
    throw mismatch(`${bitsAllocated} against ${header.precision} bits a sample`);
  }
  const decoded = await decodeCodestream(frame, header, host);
  // JPEG and JPEG 2000 decoders hand back RGB; the others know nothing of colour and keep what was stored.
  const keepsColourSpace = header.format === "jpeg-ls" || header.format === "jpeg-lossless";
  return greyValues(readDecodedSamples(decoded, attributes), {
    pixels: rows * cols,
    channels: decoded.channels,
    planar: decoded.planar,
    lumaFirst: keepsColourSpace && photometric.startsWith("YBR"),
  });
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
  const grey = ["MONOCHROME1", "MONOCHROME2"].includes(photometric) && samplesPerPixel === 1;
  const colour = COLOUR_NAMES.has(photometric) && samplesPerPixel === 3;
  if (grey || colour) return;
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
const COLOUR_NAMES = new Set(["RGB", "YBR_FULL", ...COMPRESSED_ONLY]);

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

function noticesOf(attributes: DicomAttributes): string[] {
  const { modality, frames, photometric, samplesPerPixel, burnedInAnnotation } = attributes;
  const notices: string[] = [];
  if (frames > 1) notices.push(`This file holds ${frames} pictures; the first is shown.`);
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
