/** PNG to radiograph, 1 to 16 bits, through fast-png: a canvas would cut 16 bits to 8 and apply colour profiles. */
import { convertIndexedToRgb, decode } from "fast-png";
import type { DecodedPng } from "fast-png";
import { LabError } from "../errors/labError.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { fullDepthWindow } from "../image/voi.ts";
import { hashStoredValues } from "./decodeSummary.ts";
import { inflatedLength } from "./inflate.ts";
import { joinBytes } from "./joinBytes.ts";
import { checkImageSize } from "./limits.ts";
import { greyValues, hasColour } from "./luminance.ts";

const SIGNATURE_BYTES = 8;
const CHANNELS_OF_COLOUR_TYPE: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** @throws LabError with a file-* code */
export async function loadPng(bytes: Uint8Array): Promise<Radiograph> {
  const picture = await pictureChunks(bytes);
  let png: DecodedPng;
  try {
    png = decode(picture, { checkCrc: true });
  } catch (error) {
    throw damaged(error);
  }
  const pixels = png.width * png.height;
  const { samples, channels } = expandSamples(png);
  if (samples.length !== pixels * channels) throw damaged();
  const stored = greyValues(samples, { pixels, channels });
  const notices: string[] = [];
  if (hasColour(samples, { pixels, channels })) {
    notices.push("This is a colour picture; its brightness is shown.");
  }
  const bitsStored = png.palette ? 8 : png.depth;
  if (hasTransparency(samples, channels, 2 ** bitsStored - 1)) {
    notices.push("The picture's transparency is ignored.");
  }
  return {
    rows: png.height,
    cols: png.width,
    values: stored,
    bitsStored,
    photometric: "MONOCHROME2",
    // Most 16-bit radiographs use a part of their range only, and would be almost black.
    vois: bitsStored <= 8 ? [fullDepthWindow(bitsStored)] : [],
    pixelAspect: 1,
    notices,
    source: "png",
    rawSha256: await hashStoredValues(stored),
  };
}

/**
 * The file with nothing but its picture: header, palette, transparency, pixels, end. Text and other extras are left
 * behind unread (they can name a patient, and a colour profile can expand to gigabytes). Size and compressed data are
 * checked on the way: the pixels must not expand to more than the header needs.
 */
async function pictureChunks(bytes: Uint8Array): Promise<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < SIGNATURE_BYTES + 25) throw cutOff();
  const cols = view.getUint32(16);
  const rows = view.getUint32(20);
  const depth = view.getUint8(24);
  const channels = CHANNELS_OF_COLOUR_TYPE[view.getUint8(25)];
  if (view.getUint32(12) !== CHUNK.header || rows === 0 || cols === 0 || channels === undefined) {
    throw damaged();
  }
  checkImageSize(rows, cols, channels);

  const kept: Uint8Array[] = [bytes.subarray(0, SIGNATURE_BYTES)];
  const pixels: Uint8Array[] = [];
  let type = 0;
  for (let at = SIGNATURE_BYTES; type !== CHUNK.end;) {
    if (at + 12 > bytes.length) throw cutOff();
    const length = view.getUint32(at);
    type = view.getUint32(at + 4);
    const end = at + 12 + length;
    if (end > bytes.length) throw cutOff();
    const isRepeatedHeader = type === CHUNK.header && at > SIGNATURE_BYTES;
    if (KEPT_CHUNKS.has(type) && !isRepeatedHeader) kept.push(bytes.subarray(at, end));
    if (type === CHUNK.pixels) pixels.push(bytes.subarray(at + 8, end - 4));
    at = end;
  }
  // One filter byte per row; interlacing has up to seven rows of less than full width for one.
  const needed = Math.ceil((cols * channels * depth) / 8 + 1) * rows + 16 * (rows + 8) + 64;
  await inflatedLength(joinBytes(pixels), "deflate", needed);
  return joinBytes(kept);
}

/** Chunk types as big-endian words: IHDR, PLTE, tRNS, IDAT, IEND. */
const CHUNK = {
  header: 0x49484452,
  palette: 0x504c5445,
  transparency: 0x74524e53,
  pixels: 0x49444154,
  end: 0x49454e44,
} as const;
const KEPT_CHUNKS = new Set<number>(Object.values(CHUNK));

/** Samples one by one: palettes become RGB, depths below 8 are unpacked. */
function expandSamples(png: DecodedPng): { samples: ArrayLike<number>; channels: number } {
  if (png.palette) {
    const samples = convertIndexedToRgb(png);
    return { samples, channels: samples.length / (png.width * png.height) };
  }
  if (png.depth >= 8) return { samples: png.data, channels: png.channels };
  const perByte = 8 / png.depth;
  const rowBytes = Math.ceil(png.width / perByte);
  const samples = new Uint8Array(png.width * png.height);
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      const byte = png.data[y * rowBytes + Math.floor(x / perByte)]!;
      const shift = 8 - png.depth * ((x % perByte) + 1);
      samples[y * png.width + x] = (byte >> shift) & (2 ** png.depth - 1);
    }
  }
  return { samples, channels: 1 };
}

/** True when the last of 2 or 4 channels is anywhere below `opaque`. */
function hasTransparency(samples: ArrayLike<number>, channels: number, opaque: number): boolean {
  if (channels % 2 !== 0) return false;
  for (let i = channels - 1; i < samples.length; i += channels) {
    if (samples[i]! < opaque) return true;
  }
  return false;
}

function damaged(cause?: unknown): LabError {
  return new LabError("file-damaged", "This PNG image is damaged. Not shown.", {
    hint: "Copy or export the file again.",
    cause,
  });
}

function cutOff(): LabError {
  return new LabError("file-truncated", "This PNG image is cut off. Not shown.", {
    hint: "Copy or export the file again.",
  });
}
