/** The pixels of a PNG (ISO/IEC 15948 clauses 7 and 9): filters undone by fast-png, passes put together, samples unpacked. */
import { decode } from "fast-png";
import { zlibSync } from "fflate";
import { joinBytes } from "./joinBytes.ts";

export interface PngHeader {
  readonly rows: number;
  readonly cols: number;
  /** Bits per sample. */
  readonly depth: number;
  /** Samples per pixel as stored: 1 for palette indices. */
  readonly channels: number;
  readonly isInterlaced: boolean;
}

interface Pass {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
}

const WHOLE: readonly Pass[] = [{ left: 0, top: 0, across: 1, down: 1 }];
const ADAM7: readonly Pass[] = [
  { left: 0, top: 0, across: 8, down: 8 },
  { left: 4, top: 0, across: 8, down: 8 },
  { left: 0, top: 4, across: 4, down: 8 },
  { left: 2, top: 0, across: 4, down: 4 },
  { left: 0, top: 2, across: 2, down: 4 },
  { left: 1, top: 0, across: 2, down: 2 },
  { left: 0, top: 1, across: 1, down: 2 },
];

/** Bytes that the picture needs once inflated. */
export function scanlineBytes(header: PngHeader): number {
  return passesOf(header).reduce((sum, pass) => {
    const { rows, rowBytes } = sizeOf(pass, header);
    return sum + rows * (1 + rowBytes);
  }, 0);
}

/** Samples pixel by pixel; undefined when there are too few bytes or a filter that does not exist. */
export function readSamples(
  scanlines: Uint8Array,
  header: PngHeader,
): Uint8Array | Uint16Array | undefined {
  if (scanlines.length < scanlineBytes(header)) return undefined;
  const { rows, cols, depth, channels } = header;
  const length = rows * cols * channels;
  const out = depth === 16 ? new Uint16Array(length) : new Uint8Array(length);
  let at = 0;
  for (const pass of passesOf(header)) {
    const size = sizeOf(pass, header);
    const end = at + size.rows * (1 + size.rowBytes);
    const stored = unfiltered(scanlines.subarray(at, end), size, header);
    if (!stored) return undefined;
    const samplesPerRow = depth < 8 ? (8 * size.rowBytes) / depth : size.cols * channels;
    for (let y = 0; y < size.rows; y++) {
      const row = pass.top + y * pass.down;
      for (let x = 0; x < size.cols; x++) {
        const to = (row * cols + pass.left + x * pass.across) * channels;
        const from = y * samplesPerRow + x * channels;
        for (let channel = 0; channel < channels; channel++) {
          out[to + channel] = sampleAt(stored, from + channel, depth);
        }
      }
    }
    at = end;
  }
  return out;
}

/** The passes that have any pixel. */
function passesOf({ rows, cols, isInterlaced }: PngHeader): readonly Pass[] {
  const passes = isInterlaced ? ADAM7 : WHOLE;
  return passes.filter(({ left, top }) => left < cols && top < rows);
}

function sizeOf(
  { left, top, across, down }: Pass,
  { rows, cols, depth, channels }: PngHeader,
): { rows: number; cols: number; rowBytes: number } {
  const passCols = Math.ceil((cols - left) / across);
  return {
    rows: Math.ceil((rows - top) / down),
    cols: passCols,
    rowBytes: Math.ceil((passCols * channels * depth) / 8),
  };
}

/** Below 8 bits, bytes hold several samples, and rows begin with a byte of their own. */
function sampleAt(stored: Uint8Array | Uint16Array, index: number, depth: number): number {
  if (depth >= 8) return stored[index]!;
  const bit = index * depth;
  return (stored[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Colour types by channels; indices of a palette are handed over as grey. */
const COLOR_TYPES = [0, 0, 4, 2, 6];

/**
 * The rows of one pass without their filters, by fast-png: as a PNG of its own, without interlacing, palette or anything
 * behind the picture, since fast-png misreads or refuses those (docs/decisions.md, "Files").
 */
function unfiltered(
  scanlines: Uint8Array,
  size: { readonly rows: number; readonly cols: number },
  { depth, channels }: PngHeader,
): Uint8Array | Uint16Array | undefined {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, size.cols);
  view.setUint32(4, size.rows);
  header.set([depth, COLOR_TYPES[channels]!], 8);
  const png = joinBytes([
    Uint8Array.from(SIGNATURE),
    ...chunk("IHDR", header),
    ...chunk("IDAT", zlibSync(scanlines, { level: 0 })),
    ...chunk("IEND", new Uint8Array(0)),
  ]);
  try {
    return decode(png).data as Uint8Array | Uint16Array;
  } catch {
    return undefined;
  }
}

/** Length, type, body, and room for the checksum, which nobody looks at. */
function chunk(type: string, body: Uint8Array): Uint8Array[] {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, body.length);
  for (let i = 0; i < 4; i++) head[4 + i] = type.charCodeAt(i);
  return [head, body, new Uint8Array(4)];
}
