/** The pixels of a PNG (ISO/IEC 15948 clauses 7 and 9): filters undone, passes put together, samples unpacked. */

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
    let above: Uint8Array = new Uint8Array(size.rowBytes);
    for (let y = 0; y < size.rows; y++) {
      const line = scanlines.subarray(at + 1, at + 1 + size.rowBytes);
      if (!undoFilter(scanlines[at]!, line, above, Math.max(1, (channels * depth) >> 3))) {
        return undefined;
      }
      const row = pass.top + y * pass.down;
      for (let x = 0; x < size.cols; x++) {
        const to = (row * cols + pass.left + x * pass.across) * channels;
        for (let channel = 0; channel < channels; channel++) {
          out[to + channel] = sampleAt(line, x * channels + channel, depth);
        }
      }
      above = line;
      at += 1 + size.rowBytes;
    }
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

function sampleAt(line: Uint8Array, index: number, depth: number): number {
  if (depth === 8) return line[index]!;
  if (depth === 16) return line[2 * index]! * 256 + line[2 * index + 1]!;
  const bit = index * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

/** In place; `step` is the distance in bytes to the same sample of the pixel before. False for an unknown filter. */
function undoFilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): boolean {
  switch (filter) {
    case 0:
      return true;
    case 1:
      for (let i = step; i < line.length; i++) line[i]! += line[i - step]!;
      return true;
    case 2:
      for (let i = 0; i < line.length; i++) line[i]! += above[i]!;
      return true;
    case 3:
      for (let i = 0; i < line.length; i++) {
        line[i]! += ((i < step ? 0 : line[i - step]!) + above[i]!) >> 1;
      }
      return true;
    case 4:
      for (let i = 0; i < line.length; i++) {
        line[i]! += i < step ? above[i]! : nearest(line[i - step]!, above[i]!, above[i - step]!);
      }
      return true;
    default:
      return false;
  }
}

/** Paeth's choice among left, above and the corner between: the one nearest to their plane. */
function nearest(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
