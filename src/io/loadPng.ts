/** PNG to radiograph, 1 to 16 bits: a canvas would cut 16 bits to 8 and apply colour profiles. */
import { LabError } from "../errors/labError.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { fullDepthWindow } from "../image/voi.ts";
import { hashStoredValues } from "./decodeSummary.ts";
import { inflateZlib } from "./inflate.ts";
import { joinBytes } from "./joinBytes.ts";
import { checkImageSize } from "./limits.ts";
import { grayValues, hasColor } from "./luminance.ts";
import { orient, tiffOrientation, TURNED_NOTICE } from "./orientation.ts";
import { readChunks } from "./pngChunks.ts";
import type { PngChunks } from "./pngChunks.ts";
import { readSamples, scanlineBytes } from "./pngPixels.ts";
import type { PngHeader } from "./pngPixels.ts";

/** What the compressed data may hold beyond the pixels: decoders at large pass over a surplus. */
const MOST_SURPLUS_BYTES = 2 ** 20;

/** Colour types (ISO/IEC 15948 table 11.1): channels and the depths that exist. */
const COLOR_TYPES: Readonly<Record<number, { channels: number; depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};
const PALETTE_TYPE = 3;

/** @throws LabError with a file-* code */
export async function loadPng(bytes: Uint8Array): Promise<Radiograph> {
  const chunks = readChunks(bytes);
  const { header, isPalette } = readHeader(chunks.header);
  const scanlines = inflateZlib(
    joinBytes(chunks.pixels),
    scanlineBytes(header) + MOST_SURPLUS_BYTES,
  );
  const stored = readSamples(scanlines, header);
  if (!stored || !chunks.isIntact) throw damaged();
  const { samples, channels, isTransparent } = isPalette
    ? throughPalette(stored, chunks)
    : withTransparency(stored, header, chunks.transparency);
  const { rows, cols } = header;
  const pixels = rows * cols;
  const orientation = chunks.exif ? tiffOrientation(chunks.exif) : 1;
  const gray = grayValues(samples, { pixels, channels });
  const upright = orient({ rows, cols, values: gray }, orientation);
  const notices: string[] = [];
  if (hasColor(samples, { pixels, channels })) {
    notices.push("This is a colour picture; its brightness is shown.");
  }
  if (isTransparent) notices.push("The picture's transparency is ignored.");
  if (orientation !== 1) notices.push(TURNED_NOTICE);
  const bitsStored = isPalette ? 8 : header.depth;
  return {
    ...upright,
    bitsStored,
    photometric: "MONOCHROME2",
    // Most 16-bit radiographs use a part of their range only, and would be almost black.
    vois: bitsStored <= 8 ? [fullDepthWindow(bitsStored)] : [],
    pixelAspect: 1,
    notices,
    source: "png",
    rawSha256: await hashStoredValues(upright.values),
  };
}

function readHeader(body: Uint8Array): { header: PngHeader; isPalette: boolean } {
  if (body.length !== 13) throw damaged();
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const cols = view.getUint32(0);
  const rows = view.getUint32(4);
  const depth = body[8]!;
  const type = COLOR_TYPES[body[9]!];
  const [compression, filters, interlace] = [body[10]!, body[11]!, body[12]!];
  const isSane = rows > 0 && cols > 0 && compression === 0 && filters === 0 && interlace <= 1;
  if (!isSane || !type?.depths.includes(depth)) throw damaged();
  checkImageSize(rows, cols, type.channels);
  const header = { rows, cols, depth, channels: type.channels, isInterlaced: interlace === 1 };
  return { header, isPalette: body[9] === PALETTE_TYPE };
}

interface Expanded {
  readonly samples: ArrayLike<number>;
  readonly channels: number;
  /** Any pixel is less than opaque. */
  readonly isTransparent: boolean;
}

/** Indices as red, green and blue. @throws LabError "file-damaged" for an index without an entry */
function throughPalette(indices: ArrayLike<number>, chunks: PngChunks): Expanded {
  const { palette, transparency } = chunks;
  if (!palette || palette.length % 3 !== 0) throw damaged();
  const samples = new Uint8Array(3 * indices.length);
  let isTransparent = false;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (3 * index >= palette.length) throw damaged();
    for (let channel = 0; channel < 3; channel++) {
      samples[3 * i + channel] = palette[3 * index + channel]!;
    }
    if ((transparency?.[index] ?? 255) < 255) isTransparent = true;
  }
  return { samples, channels: 3, isTransparent };
}

/** A palette beside colours is a suggestion and changes nothing; transparency is an alpha channel or one colour. */
function withTransparency(
  samples: Uint8Array | Uint16Array,
  { channels, depth }: PngHeader,
  key: Uint8Array | undefined,
): Expanded {
  const hasAlpha = channels % 2 === 0;
  const isKeyed = !hasAlpha && key?.length === 2 * channels;
  const color = Array.from({ length: channels }, (_, i) => wordAt(key, 2 * i));
  const opaque = 2 ** depth - 1;
  let isTransparent = false;
  for (let at = 0; at < samples.length && !isTransparent; at += channels) {
    isTransparent = hasAlpha
      ? samples[at + channels - 1]! < opaque
      : isKeyed && color.every((value, i) => value === samples[at + i]);
  }
  return { samples, channels, isTransparent };
}

function wordAt(bytes: Uint8Array | undefined, at: number): number {
  return (bytes?.[at] ?? 0) * 256 + (bytes?.[at + 1] ?? 0);
}

function damaged(): LabError {
  return new LabError("file-damaged", "This PNG image is damaged. Not shown.", {
    hint: "Copy or export the file again.",
  });
}
