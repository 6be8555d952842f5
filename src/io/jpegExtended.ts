/**
 * Grey JPEG with sequential DCT and Huffman coding, 8 or 12 bits (ITU-T T.81, processes 1, 2 and 4). The 12-bit kind is
 * rare and no bundled decoder reads it; the 8-bit kind is read too, so that this one can be tested against another.
 */
import { damagedCodestream } from "./codestreamHeader.ts";

const BLOCK = 64;

/** Order in which the coefficients of a block are coded (T.81 figure A.6): index of the k-th in row-major order. */
const ZIGZAG = zigzagOrder();

interface JpegTables {
  /** By destination 0 to 3; entries in zigzag order. */
  readonly quantization: Map<number, Uint16Array>;
  readonly dc: Map<number, HuffmanTable>;
  readonly ac: Map<number, HuffmanTable>;
}

/** For every 16-bit look-ahead: code length * 256 + symbol; 0 where no code starts. */
type HuffmanTable = Uint16Array;

interface Frame {
  readonly precision: number;
  readonly rows: number;
  readonly cols: number;
  readonly quantization: number;
}

/** Samples of a one-component picture, row-major, in [0, 2^precision - 1]. @throws LabError "file-damaged" */
export function decodeJpegExtended(bytes: Uint8Array): Uint16Array {
  const tables: JpegTables = { quantization: new Map(), dc: new Map(), ac: new Map() };
  let frame: Frame | undefined;
  let scanHeader: Uint8Array | undefined;
  let restartInterval = 0;
  let at = 2;
  while (!scanHeader) {
    if (at + 4 > bytes.length || bytes[at] !== 0xff) throw damaged();
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // Fill byte.
      continue;
    }
    const length = readWord(bytes, at + 2);
    const body = bytes.subarray(at + 4, at + 2 + length);
    if (length < 2 || body.length !== length - 2) throw damaged();
    at += 2 + length;
    if (marker === 0xdb) readQuantization(body, tables);
    else if (marker === 0xc4) readHuffman(body, tables);
    else if (marker === 0xdd) restartInterval = readWord(body, 0);
    else if (marker === 0xc0 || marker === 0xc1) frame = readFrame(body);
    else if (marker === 0xda) scanHeader = body;
  }
  // One component; its tables; coefficients 0 to 63 at once.
  if (!frame || scanHeader.length !== 6 || scanHeader[0] !== 1) throw damaged();
  const selectors = scanHeader[2]!;
  const dc = tables.dc.get(selectors >> 4);
  const ac = tables.ac.get(selectors & 15);
  const quantization = tables.quantization.get(frame.quantization);
  if (!dc || !ac || !quantization) throw damaged();
  return decodeScan(bytes.subarray(at), frame, { dc, ac, quantization, restartInterval });
}

interface Scan {
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
  readonly quantization: Uint16Array;
  readonly restartInterval: number;
}

function decodeScan(scanBytes: Uint8Array, frame: Frame, scan: Scan): Uint16Array {
  const { rows, cols, precision } = frame;
  const out = new Uint16Array(rows * cols);
  const across = Math.ceil(cols / 8);
  const blocks = across * Math.ceil(rows / 8);
  const bits = new BitReader(scanBytes);
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
  if (bits.hasOverrun) throw damaged();
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

/** Bits of entropy-coded data, most significant first; zeros after its end, which `hasOverrun` tells. */
class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;
  #invented = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** True once bits beyond the end have been used. */
  get hasOverrun(): boolean {
    return this.#invented > this.#count;
  }

  symbol(table: HuffmanTable): number {
    const entry = table[this.#peek16()]!;
    if (entry === 0 || this.hasOverrun) throw damaged();
    this.#count -= entry >> 8;
    return entry & 0xff;
  }

  /** A difference or coefficient of `size` bits (T.81 F.2.2.1): a leading 0 makes it negative. */
  signed(size: number): number {
    if (size === 0) return 0;
    if (size > 15) throw damaged();
    const value = this.#peek16() >> (16 - size);
    this.#count -= size;
    return value < 2 ** (size - 1) ? value - 2 ** size + 1 : value;
  }

  skipRestartMarker(): void {
    this.#held = 0;
    this.#count = 0;
    this.#invented = 0;
    const marker = this.#bytes[this.#at + 1] ?? 0;
    if (this.#bytes[this.#at] !== 0xff || marker < 0xd0 || marker > 0xd7) throw damaged();
    this.#at += 2;
  }

  #peek16(): number {
    while (this.#count < 16) {
      this.#held = ((this.#held << 8) | this.#nextByte()) & 0xffffff;
      this.#count += 8;
    }
    return (this.#held >> (this.#count - 16)) & 0xffff;
  }

  /** The next data byte, stuffed zeros removed; a marker is not passed. */
  #nextByte(): number {
    const byte = this.#bytes[this.#at];
    const isMarker = byte === 0xff && this.#bytes[this.#at + 1] !== 0;
    if (byte === undefined || isMarker) {
      this.#invented += 8;
      return 0;
    }
    this.#at += byte === 0xff ? 2 : 1;
    return byte;
  }
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

function readQuantization(body: Uint8Array, { quantization }: JpegTables): void {
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

function readHuffman(body: Uint8Array, { dc, ac }: JpegTables): void {
  for (let at = 0; at < body.length;) {
    const counts = body.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const symbols = body.subarray(at + 17, at + 17 + total);
    if (counts.length < 16 || symbols.length < total) throw damaged();
    const tables = body[at]! >> 4 === 0 ? dc : ac;
    tables.set(body[at]! & 15, huffmanTable(counts, symbols));
    at += 17 + total;
  }
}

/** Canonical codes (T.81 annex C): within a length they count up, and a longer one goes on where the shorter ended. */
function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const table = new Uint16Array(2 ** 16);
  let next = 0;
  let used = 0;
  for (let length = 1; length <= 16; length++) {
    const step = 2 ** (16 - length);
    for (let i = 0; i < counts[length - 1]!; i++) {
      if (next + step > table.length) throw damaged();
      table.fill(length * 256 + symbols[used++]!, next, next + step);
      next += step;
    }
  }
  return table;
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

function readWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function damaged(): Error {
  return damagedCodestream("JPEG");
}
