/** Huffman-coded data of a JPEG (ITU-T T.81 annexes C and F): code tables, and the bits of a scan. */
import type { LabError } from "../errors/labError.ts";
import { cutOffCodestream, damagedCodestream } from "./codestreamHeader.ts";
import { endOfScan } from "./jpegSegments.ts";

/** For every 16-bit look-ahead: code length * 256 + symbol; 0 where no code starts. */
export type HuffmanTable = Uint16Array;

/** Tables by class * 16 + destination, as a DHT segment states them: class 0 is DC or lossless, 1 is AC. */
export type HuffmanTables = Map<number, HuffmanTable>;

/** Bytes behind the last pixel of a scan; more of them are pixels that the header denies. */
const MOST_LEFT_OVER = 16;

/** Adds the tables of one DHT segment's body. @throws LabError "file-damaged" */
export function readHuffmanTables(body: Uint8Array, tables: HuffmanTables, name: string): void {
  for (let at = 0; at < body.length;) {
    const counts = body.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const symbols = body.subarray(at + 17, at + 17 + total);
    const table = symbols.length < total ? undefined : huffmanTable(counts, symbols);
    if (counts.length < 16 || !table) throw damagedCodestream(name);
    tables.set(body[at]!, table);
    at += 17 + total;
  }
}

/**
 * Canonical codes (T.81 annex C): within a length they count up, and a longer one goes on where the shorter ended.
 * Undefined when there are more codes than room.
 */
function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | undefined {
  const table = new Uint16Array(2 ** 16);
  let next = 0;
  let used = 0;
  for (let length = 1; length <= 16; length++) {
    const step = 2 ** (16 - length);
    for (let i = 0; i < (counts[length - 1] ?? 0); i++) {
      if (next + step > table.length) return undefined;
      table.fill(length * 256 + symbols[used++]!, next, next + step);
      next += step;
    }
  }
  return table;
}

/** Bits of entropy-coded data, most significant first; zeros after its end, which `checkEnd` tells. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  #at: number;
  #held = 0;
  #count = 0;
  #invented = 0;
  #restarts = 0;

  /** Reads from `at`; `name` is the format that refusals name. */
  constructor(bytes: Uint8Array, at: number, name: string) {
    this.#bytes = bytes;
    this.#at = at;
    this.#name = name;
  }

  /** @throws LabError "file-damaged" where no code starts */
  symbol(table: HuffmanTable): number {
    const entry = table[this.#peek16()]!;
    if (entry === 0) throw this.#damaged();
    this.#count -= entry >> 8;
    if (this.#invented > this.#count) throw this.#damaged();
    return entry & 0xff;
  }

  /** A difference or coefficient of `size` bits, at most 15 (T.81 F.2.2.1): a leading 0 makes it negative. */
  signed(size: number): number {
    if (size === 0) return 0;
    if (size > 15) throw damagedCodestream(this.#name);
    const value = this.#peek16() >> (16 - size);
    this.#count -= size;
    return value < 2 ** (size - 1) ? value - 2 ** size + 1 : value;
  }

  /** Goes on behind the next restart marker, which must stand here and count on from the last. */
  skipRestartMarker(): void {
    this.checkEnd();
    this.#held = 0;
    this.#count = 0;
    this.#invented = 0;
    while (this.#bytes[this.#at] === 0xff && this.#bytes[this.#at + 1] === 0xff) this.#at++;
    const expected = 0xd0 + (this.#restarts++ % 8);
    if (this.#bytes[this.#at] !== 0xff || this.#bytes[this.#at + 1] !== expected) {
      throw this.#damaged();
    }
    this.#at += 2;
  }

  /**
   * Position of the marker that ends the scan. No bit may be invented; a few bytes may be left over, as decoders allow.
   * @throws LabError "file-damaged", "file-truncated"
   */
  endOfScan(): number {
    this.checkEnd();
    const end = endOfScan(this.#bytes, this.#at);
    const unread = end - this.#at + Math.floor((this.#count - this.#invented) / 8);
    if (unread > MOST_LEFT_OVER) throw damagedCodestream(this.#name);
    return end;
  }

  /** @throws LabError when bits beyond the end have been used */
  checkEnd(): void {
    if (this.#invented > this.#count) throw this.#damaged();
  }

  #damaged(): LabError {
    const isOut = this.#at >= this.#bytes.length;
    return isOut ? cutOffCodestream(this.#name) : damagedCodestream(this.#name);
  }

  #peek16(): number {
    if (this.#count < 16) this.#fill();
    return (this.#held >> (this.#count - 16)) & 0xffff;
  }

  /** Up to 24 bits; all that is above the last `#count` ones is left from before. */
  #fill(): void {
    do {
      this.#held = (this.#held << 8) | this.#nextByte();
      this.#count += 8;
    } while (this.#count <= 16);
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
