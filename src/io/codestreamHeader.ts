/** Size and kind of a compressed picture, read from its own header before any decoder sees it. */
import { LabError } from "../errors/labError.ts";
import { joinBytes } from "./joinBytes.ts";
import { isFrameMarker, reachesEndMarker, segmentsBeforeScan } from "./jpegSegments.ts";

export type CodestreamFormat =
  "jpeg-dct" | "jpeg-dct-12" | "jpeg-lossless" | "jpeg-ls" | "jpeg-2000" | "htj2k";

export interface CodestreamHeader {
  readonly format: CodestreamFormat;
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
  /** Bits per sample. */
  readonly precision: number;
  /** Where the JPEG 2000 codestream starts inside its file format wrapper; 0 for a bare codestream. */
  readonly start: number;
}

export const FORMAT_NAMES: Readonly<Record<CodestreamFormat, string>> = {
  "jpeg-dct": "JPEG",
  "jpeg-dct-12": "12-bit JPEG",
  "jpeg-lossless": "JPEG lossless",
  "jpeg-ls": "JPEG-LS",
  "jpeg-2000": "JPEG 2000",
  htj2k: "high-throughput JPEG 2000",
};

/** The refusal of a codestream that cannot be decoded. */
export function damagedCodestream(name: string, cause?: unknown): LabError {
  return new LabError("file-damaged", `The compressed image is damaged (${name}).`, {
    hint: "Copy or export the file again.",
    cause,
  });
}

/** The refusal of a codestream that ends before its pixels do. */
export function cutOffCodestream(name: string): LabError {
  return new LabError("file-truncated", `The compressed image is cut off (${name}). Not shown.`, {
    hint: "Copy or export the file again.",
  });
}

/**
 * @throws LabError "file-damaged" when there is no consistent header, "file-unsupported" for kinds of JPEG that no
 * bundled decoder reads.
 */
export function readCodestreamHeader(bytes: Uint8Array): CodestreamHeader {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return readJpegHeader(bytes);
  const start = jpeg2000Start(bytes);
  if (start !== undefined) return readJpeg2000Header(bytes, start);
  throw damagedCodestream("neither JPEG nor JPEG 2000");
}

/**
 * The codestream with its end marker, or undefined when it is cut off, as far as that can be told before it is decoded.
 * A JPEG has the marker behind its last scan (its thumbnail has one, too). A JPEG 2000 that holds every tile part which it
 * announces is complete without: the marker is added, because decoders insist on it.
 */
export function completed(bytes: Uint8Array, format: CodestreamFormat): Uint8Array | undefined {
  const isWavelet = format === "jpeg-2000" || format === "htj2k";
  if (!isWavelet) return reachesEndMarker(bytes) ? bytes : undefined;
  const tail = bytes.subarray(-3);
  const isEnd = (at: number) => tail[at] === 0xff && tail[at + 1] === 0xd9;
  if (isEnd(1) || isEnd(0)) return bytes;
  const end = endOfTileParts(bytes);
  if (end !== bytes.length && end !== bytes.length - 1) return undefined;
  return joinBytes([bytes.subarray(0, end), Uint8Array.of(0xff, 0xd9)]);
}

/** Where the last tile part says that it ends (ITU-T T.800 A.4.2); undefined when there is none. */
function endOfTileParts(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  let parts = 0;
  while (at + 12 <= bytes.length) {
    const isTilePart = view.getUint16(at) === 0xff90;
    const length = isTilePart ? view.getUint32(at + 6) : 2 + view.getUint16(at + 2);
    // A length of 0 reaches to the end marker, wherever that is.
    if (isTilePart ? length < 14 : view.getUint8(at) !== 0xff || parts > 0) return undefined;
    if (isTilePart) parts++;
    at += length;
  }
  return parts > 0 ? at : undefined;
}

function readJpegHeader(bytes: Uint8Array): CodestreamHeader {
  const frame = segmentsBeforeScan(bytes).find(({ marker }) => isFrameMarker(marker));
  if (!frame) throw damagedCodestream("JPEG");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return readFrameHeader(view, frame.start, frame.marker);
}

function readFrameHeader(view: DataView, at: number, marker: number): CodestreamHeader {
  if (at + 10 > view.byteLength) throw damagedCodestream("JPEG");
  const header = {
    precision: view.getUint8(at + 4),
    rows: view.getUint16(at + 5),
    cols: view.getUint16(at + 7),
    channels: view.getUint8(at + 9),
    start: 0,
  };
  const format = formatOfFrame(marker, header);
  if (header.rows === 0 || header.cols === 0 || header.channels === 0) {
    throw damagedCodestream(FORMAT_NAMES[format]);
  }
  return { format, ...header };
}

function formatOfFrame(
  marker: number,
  { precision, channels }: { precision: number; channels: number },
): CodestreamFormat {
  if (marker === 0xf7) return "jpeg-ls";
  if (marker === 0xc3) return "jpeg-lossless";
  const isHuffmanDct = marker >= 0xc0 && marker <= 0xc2;
  if (isHuffmanDct && precision === 8) return "jpeg-dct";
  if (marker === 0xc1 && precision === 12 && channels === 1) return "jpeg-dct-12";
  const kind = isHuffmanDct ? `${precision}-bit JPEG` : "arithmetic or hierarchical JPEG";
  throw new LabError("file-unsupported", `Compressed as ${kind}, which this viewer cannot read.`, {
    hint: "Export the image uncompressed or as JPEG lossless and open it again.",
  });
}

const SOC_SIZ = 0xff4fff51;
const JP2_SIGNATURE_BOX = 0x6a502020;
const JP2_CODESTREAM_BOX = 0x6a703263;

function jpeg2000Start(bytes: Uint8Array): number | undefined {
  if (bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) === SOC_SIZ) return 0;
  if (view.getUint32(4) !== JP2_SIGNATURE_BOX) return undefined;
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === JP2_CODESTREAM_BOX) return at + (length === 1 ? 16 : 8);
    if (length < 8) return undefined;
    at += length;
  }
  return undefined;
}

function readJpeg2000Header(bytes: Uint8Array, start: number): CodestreamHeader {
  const damaged = () => damagedCodestream("JPEG 2000");
  if (start + 43 > bytes.length) throw damaged();
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
  if (view.getUint32(0) !== SOC_SIZ) throw damaged();
  const [right, bottom, left, top, tileWidth, tileHeight] = [8, 12, 16, 20, 24, 28].map((at) =>
    view.getUint32(at),
  ) as [number, number, number, number, number, number];
  const channels = view.getUint16(40);
  const depth = view.getUint8(42);
  const isConsistent =
    right > left &&
    bottom > top &&
    tileWidth > 0 &&
    tileHeight > 0 &&
    channels > 0 &&
    view.getUint16(4) === 38 + 3 * channels &&
    start + 42 + 3 * channels <= bytes.length;
  if (!isConsistent) throw damaged();
  for (let at = 42; at < 42 + 3 * channels; at += 3) {
    // One depth, no subsampling: anything else in a radiograph is damage, and can keep a decoder busy for ever.
    const isPlain = view.getUint8(at) === depth && view.getUint16(at + 1) === 0x0101;
    if (!isPlain) throw damaged();
  }
  return {
    format: (view.getUint16(6) & 0x4000) !== 0 ? "htj2k" : "jpeg-2000",
    rows: bottom - top,
    cols: right - left,
    channels,
    precision: (depth & 0x7f) + 1,
    start,
  };
}
