/**
 * Grey JPEG with sequential DCT and Huffman coding, 8 or 12 bits (ITU-T T.81, processes 1, 2 and 4). The 12-bit kind is
 * rare and no bundled decoder reads it; the 8-bit kind is read too, so that this one can be tested against another.
 */
import { damagedCodestream, FORMAT_NAMES } from "./codestreamHeader.ts";
import { BitReader, readHuffmanTables } from "./jpegEntropy.ts";
import type { HuffmanTable, HuffmanTables } from "./jpegEntropy.ts";
import { MARKER, readWord, segmentsBeforeScan } from "./jpegSegments.ts";

const NAME = FORMAT_NAMES["jpeg-dct"];
const BLOCK = 64;

/** Order in which the coefficients of a block are coded (T.81 figure A.6): index of the k-th in row-major order. */
const ZIGZAG = zigzagOrder();

/** By destination 0 to 3; entries in zigzag order. */
type QuantizationTables = Map<number, Uint16Array>;

interface Frame {
  readonly precision: number;
  readonly rows: number;
  readonly cols: number;
  readonly quantization: number;
}

/** Samples of a one-component picture, row-major, in [0, 2^precision - 1]. @throws LabError "file-damaged", "file-truncated" */
export function decodeJpegExtended(bytes: Uint8Array): Uint16Array {
  const huffman: HuffmanTables = new Map();
  const quantization: QuantizationTables = new Map();
  let frame: Frame | undefined;
  let restartInterval = 0;
  for (const { marker, body, end } of segmentsBeforeScan(bytes)) {
    if (marker === MARKER.quantization) readQuantization(body, quantization);
    else if (marker === MARKER.huffmanTables) readHuffmanTables(body, huffman, NAME);
    else if (marker === MARKER.restartInterval) restartInterval = readWord(body, 0);
    else if (marker === 0xc0 || marker === 0xc1) frame = readFrame(body);
    else if (marker === MARKER.scan) {
      const reader = new BitReader(bytes, end, NAME);
      const tables = tablesOf(body, frame, huffman, quantization);
      const samples = decodeScan(reader, tables.frame, { ...tables, restartInterval });
      reader.checkEnd();
      return samples;
    }
  }
  throw damaged();
}

/** The scan must hold one component, its tables defined, and coefficients 0 to 63 at once. */
function tablesOf(
  scanHeader: Uint8Array,
  frame: Frame | undefined,
  huffman: HuffmanTables,
  quantization: QuantizationTables,
): Omit<Scan, "restartInterval"> & { readonly frame: Frame } {
  const selectors = scanHeader[2] ?? 0;
  const dc = huffman.get(selectors >> 4);
  const ac = huffman.get(16 + (selectors & 15));
  const steps = frame && quantization.get(frame.quantization);
  const isWhole = scanHeader.length === 6 && scanHeader[0] === 1;
  if (!isWhole || !frame || !dc || !ac || !steps) throw damaged();
  return { frame, dc, ac, quantization: steps };
}

interface Scan {
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
  readonly quantization: Uint16Array;
  readonly restartInterval: number;
}

function decodeScan(bits: BitReader, frame: Frame, scan: Scan): Uint16Array {
  const { rows, cols, precision } = frame;
  const out = new Uint16Array(rows * cols);
  const across = Math.ceil(cols / 8);
  const blocks = across * Math.ceil(rows / 8);
  const coefficients = new Float64Array(BLOCK);
  const middle = 2 ** (precision - 1);
  const largest = 2 ** precision - 1;
  let dcValue = 0;
  for (let block = 0; block < blocks; block++) {
    if (scan.restartInterval > 0 && block > 0 && block % scan.restartInterval === 0) {
      bits.skipRestartMarker();
      dcValue = 0;
    }
    dcValue = readBlock(bits, scan, dcValue, coefficients);
    inverseDct(coefficients);
    const top = 8 * Math.floor(block / across);
    const left = 8 * (block % across);
    for (let y = top; y < Math.min(top + 8, rows); y++) {
      for (let x = left; x < Math.min(left + 8, cols); x++) {
        const sample = Math.round(coefficients[8 * (y - top) + x - left]! + middle);
        out[y * cols + x] = Math.max(0, Math.min(largest, sample));
      }
    }
  }
  return out;
}

/** Reads one block, dequantized and in row-major order; gives back its DC value for the next block's prediction. */
function readBlock(bits: BitReader, scan: Scan, dcBefore: number, out: Float64Array): number {
  out.fill(0);
  const dcValue = dcBefore + bits.signed(bits.symbol(scan.dc));
  out[0] = dcValue * scan.quantization[0]!;
  for (let k = 1; k < BLOCK; k++) {
    const symbol = bits.symbol(scan.ac);
    const size = symbol & 15;
    const run = symbol >> 4;
    if (size === 0) {
      if (run !== 15) break; // End of block.
      k += 15;
      continue;
    }
    k += run;
    if (k >= BLOCK) throw damaged();
    out[ZIGZAG[k]!] = bits.signed(size) * scan.quantization[k]!;
  }
  return dcValue;
}

const COSINES = Float64Array.from({ length: BLOCK }, (_, i) => {
  const sample = Math.floor(i / 8);
  const frequency = i % 8;
  const scale = frequency === 0 ? Math.SQRT1_2 : 1;
  return (scale / 2) * Math.cos(((2 * sample + 1) * frequency * Math.PI) / 16);
});
const workspace = new Float64Array(BLOCK);

/** Inverse DCT in place (T.81 A.3.3), rows then columns. */
function inverseDct(block: Float64Array): void {
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let u = 0; u < 8; u++) sum += COSINES[8 * x + u]! * block[8 * y + u]!;
      workspace[8 * y + x] = sum;
    }
  }
  for (let x = 0; x < 8; x++) {
    for (let y = 0; y < 8; y++) {
      let sum = 0;
      for (let v = 0; v < 8; v++) sum += COSINES[8 * y + v]! * workspace[8 * v + x]!;
      block[8 * y + x] = sum;
    }
  }
}

function readFrame(body: Uint8Array): Frame {
  if (body.length < 9 || body[5] !== 1) throw damaged();
  return {
    precision: body[0]!,
    rows: readWord(body, 1),
    cols: readWord(body, 3),
    quantization: body[8]!,
  };
}

function readQuantization(body: Uint8Array, quantization: QuantizationTables): void {
  for (let at = 0; at < body.length;) {
    const wide = body[at]! >> 4 > 0;
    const size = wide ? 2 * BLOCK : BLOCK;
    if (at + 1 + size > body.length) throw damaged();
    const table = Uint16Array.from({ length: BLOCK }, (_, k) =>
      wide ? readWord(body, at + 1 + 2 * k) : body[at + 1 + k]!,
    );
    quantization.set(body[at]! & 15, table);
    at += 1 + size;
  }
}

function zigzagOrder(): Uint8Array {
  const order = new Uint8Array(BLOCK);
  let k = 0;
  for (let diagonal = 0; diagonal < 15; diagonal++) {
    for (let i = 0; i <= diagonal; i++) {
      const row = diagonal % 2 === 0 ? diagonal - i : i;
      const col = diagonal - row;
      if (row < 8 && col < 8) order[k++] = 8 * row + col;
    }
  }
  return order;
}

function damaged(): Error {
  return damagedCodestream(NAME);
}
