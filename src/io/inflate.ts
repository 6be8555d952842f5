/**
 * Deflate (RFC 1951) and zlib (RFC 1950) streams held in memory, expanded by fflate piece by piece so that a bomb stops
 * early. The platform's DecompressionStream refuses any byte behind the end of a stream, and those are common: DICOM pads
 * to an even length, PNG writers leave rubbish.
 */
import { Inflate, inflateSync } from "fflate";
import { LabError } from "../errors/labError.ts";
import { joinBytes } from "./joinBytes.ts";
import { MAX_INFLATED_BYTES } from "./limits.ts";

/** Compressed bytes handed over at a time: deflate expands at most 1032 times. */
const PIECE_BYTES = 16_384;
const SUM_BYTES = 4;

/**
 * Expands one raw deflate stream; what follows it is left alone. Memory grows with the output and at most one piece beyond
 * `limit`.
 * @throws LabError "file-too-large" over the limit, "file-damaged" when the stream stops early or makes no sense.
 */
export function inflate(bytes: Uint8Array, limit: number = MAX_INFLATED_BYTES): Uint8Array {
  // fflate takes no bytes at all for a whole stream.
  if (bytes.length === 0) throw damagedStream();
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream = new Inflate((part) => {
    length += part.length;
    if (length > limit) throw tooLarge(limit);
    parts.push(part);
  });
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const end = at + PIECE_BYTES;
      stream.push(bytes.subarray(at, end), end >= bytes.length);
    }
  } catch (error) {
    throw error instanceof LabError ? error : damagedStream(error);
  }
  return joinBytes(parts);
}

/** True for the two bytes that open a zlib stream; no writer of plain deflate starts like that. */
export function isZlib([method = 0, flags = 0]: Uint8Array): boolean {
  const hasDictionary = (flags & 0x20) !== 0;
  return (method & 15) === 8 && (256 * method + flags) % 31 === 0 && !hasDictionary;
}

/**
 * Expands a zlib stream: two bytes of header, deflate, and the Adler-32 sum, which must agree where it is there. fflate
 * does not check the sum, and cuts the end off a stream without one.
 * @throws as `inflate`
 */
export function inflateZlib(bytes: Uint8Array, limit?: number): Uint8Array {
  if (!isZlib(bytes)) throw damagedStream();
  const stream = bytes.subarray(2);
  const data = inflate(stream, limit);
  const sum = adler32(data);
  const isLast = stream.length > SUM_BYTES && wordAt(stream, stream.length - SUM_BYTES) === sum;
  if (isLast) return data;
  const end = lengthOf(stream, data.length);
  if (end + SUM_BYTES <= stream.length && wordAt(stream, end) !== sum) throw damagedStream();
  return data;
}

/**
 * How many of the bytes belong to the deflate stream. fflate does not tell, but refuses every shorter cut: steps back from
 * the end find where. Only streams with something odd behind them come here.
 */
function lengthOf(bytes: Uint8Array, expandedBytes: number): number {
  const out = new Uint8Array(expandedBytes);
  const isWhole = (length: number): boolean => {
    try {
      inflateSync(bytes.subarray(0, length), { out });
      return length > 0;
    } catch {
      return false;
    }
  };
  let whole = bytes.length;
  let step = 1;
  for (; step < whole && isWhole(whole - step); step *= 2) whole -= step;
  let cut = Math.max(0, whole - step);
  while (whole - cut > 1) {
    const middle = (whole + cut) >> 1;
    if (isWhole(middle)) whole = middle;
    else cut = middle;
  }
  return whole;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
}

function adler32(data: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < data.length;) {
    // As many bytes as 32-bit sums hold before they must be reduced.
    const stop = Math.min(at + 3800, data.length);
    for (; at < stop; at++) {
      a += data[at]!;
      b += a;
    }
    a %= 65_521;
    b %= 65_521;
  }
  return b * 65_536 + a;
}

function tooLarge(limit: number): LabError {
  return new LabError(
    "file-too-large",
    "This compressed file expands beyond this viewer's limit. Not shown.",
    { hint: `The limit is ${Math.ceil(limit / 2 ** 20)} MB. Export the file without compression.` },
  );
}

function damagedStream(cause?: unknown): LabError {
  return new LabError(
    "file-damaged",
    "The compressed data of this file is cut off or damaged. Not shown.",
    { hint: "Copy or export the file again.", ...(cause === undefined ? {} : { cause }) },
  );
}
