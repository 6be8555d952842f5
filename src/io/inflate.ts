/**
 * Deflate (RFC 1951), whole streams held in memory. Written here because both the platform's DecompressionStream and the
 * libraries at hand fail the files this viewer meets: the first refuses any byte behind the end of a stream (DICOM pads
 * to an even length, PNG writers leave rubbish), the others do not say where a stream ended and accept damaged ones.
 */
import { LabError } from "../errors/labError.ts";
import { MAX_INFLATED_BYTES } from "./limits.ts";

export interface Inflated {
  readonly data: Uint8Array;
  /** Position in the input of the first byte behind the stream. */
  readonly end: number;
}

/**
 * Expands one raw deflate stream; what follows it is left alone. Memory grows with the output and never beyond `limit`.
 * @throws LabError "file-too-large" over the limit, "file-damaged" when the stream stops early or makes no sense.
 */
export function inflate(bytes: Uint8Array, limit: number = MAX_INFLATED_BYTES): Inflated {
  const input = new BitInput(bytes);
  const output = new Output(limit);
  let isLast = false;
  while (!isLast) {
    isLast = input.bits(1) === 1;
    const kind = input.bits(2);
    if (kind === 0) copyStored(input, output);
    else if (kind === 1) copyCoded(input, output, FIXED_LITERALS, FIXED_DISTANCES);
    else if (kind === 2) copyCoded(input, output, ...readCodes(input));
    else throw damagedStream();
  }
  return { data: output.taken(), end: input.alignToByte() };
}

/**
 * Expands a zlib stream (RFC 1950): two bytes of header, deflate, and the Adler-32 sum, which must agree where it is there.
 * @throws as `inflate`
 */
export function inflateZlib(bytes: Uint8Array, limit?: number): Uint8Array {
  const [method = 0, flags = 0] = bytes;
  const hasDictionary = (flags & 0x20) !== 0;
  if ((method & 15) !== 8 || (256 * method + flags) % 31 !== 0 || hasDictionary) {
    throw damagedStream();
  }
  const { data, end } = inflate(bytes.subarray(2), limit);
  const sum = bytes.subarray(2 + end, 6 + end);
  if (sum.length < 4) return data;
  const stated = new DataView(sum.buffer, sum.byteOffset, 4).getUint32(0);
  if (stated !== adler32(data)) throw damagedStream();
  return data;
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

function damagedStream(): LabError {
  return new LabError(
    "file-damaged",
    "The compressed data of this file is cut off or damaged. Not shown.",
    { hint: "Copy or export the file again." },
  );
}

/** Bits, least significant first. Zeros are handed out behind the end; taking one of them is damage. */
class BitInput {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next `count` bits, at most 15, as a number. */
  bits(count: number): number {
    this.#fill(count);
    const value = this.#held & ((1 << count) - 1);
    this.#drop(count);
    return value;
  }

  symbol(code: Code): number {
    this.#fill(code.longest);
    const entry = code.table[this.#held & (code.table.length - 1)]!;
    if (entry === 0) throw damagedStream();
    this.#drop(entry & 15);
    return entry >> 4;
  }

  /** Leaves the rest of a started byte; the position of the next whole one. */
  alignToByte(): number {
    this.#drop(this.#count % 8);
    const position = this.#at - this.#count / 8;
    if (position > this.#bytes.length) throw damagedStream();
    return position;
  }

  /** Whole bytes behind `alignToByte`. */
  take(count: number): Uint8Array {
    const start = this.alignToByte();
    if (start + count > this.#bytes.length) throw damagedStream();
    this.#at = start + count;
    this.#held = 0;
    this.#count = 0;
    return this.#bytes.subarray(start, start + count);
  }

  #fill(count: number): void {
    while (this.#count < count) {
      this.#held |= (this.#bytes[this.#at++] ?? 0) << this.#count;
      this.#count += 8;
    }
  }

  #drop(count: number): void {
    this.#held >>>= count;
    this.#count -= count;
    if (this.#at > this.#bytes.length + 2) throw damagedStream();
  }
}

/** Bytes as they come, doubled in room when it runs out. */
class Output {
  readonly #limit: number;
  #data = new Uint8Array(65_536);
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  taken(): Uint8Array {
    return this.#data.subarray(0, this.#length);
  }

  byte(value: number): void {
    if (this.#length === this.#data.length) this.#grow(1);
    this.#data[this.#length++] = value;
  }

  append(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#data.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Repeats `length` bytes from `distance` back; a run may overlap itself. */
  repeat(distance: number, length: number): void {
    if (distance > this.#length) throw damagedStream();
    this.#grow(length);
    const data = this.#data;
    const end = this.#length + length;
    for (let to = this.#length; to < end; to++) data[to] = data[to - distance]!;
    this.#length = end;
  }

  #grow(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#limit) {
      throw new LabError(
        "file-too-large",
        "This compressed file expands beyond this viewer's limit. Not shown.",
        {
          hint: `The limit is ${Math.ceil(this.#limit / 2 ** 20)} MB. Export the file without compression.`,
        },
      );
    }
    if (needed <= this.#data.length) return;
    const wider = new Uint8Array(Math.min(this.#limit, Math.max(2 * this.#data.length, needed)));
    wider.set(this.#data.subarray(0, this.#length));
    this.#data = wider;
  }
}

/** For every look-ahead of `longest` bits: symbol * 16 + code length; 0 where no code starts. */
interface Code {
  readonly table: Uint16Array;
  readonly longest: number;
}

/** Codes from their lengths (RFC 1951 3.2.2). A code that gives out more than there is room for is damage. */
function codeOf(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(16);
  for (let symbol = 0; symbol < lengths.length; symbol++) counts[lengths[symbol]!]!++;
  counts[0] = 0;
  let longest = 1;
  const next = new Uint16Array(16);
  for (let length = 1, code = 0; length < 16; length++) {
    code = (code + counts[length - 1]!) << 1;
    next[length] = code;
    if (counts[length]! > 0) longest = length;
    if (code + counts[length]! > 1 << length) throw damagedStream();
  }
  const table = new Uint16Array(1 << longest);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol]!;
    if (length === 0) continue;
    const step = 1 << length;
    const entry = symbol * 16 + length;
    for (let at = reversed(next[length]!++, length); at < table.length; at += step) {
      table[at] = entry;
    }
  }
  return { table, longest };
}

function reversed(code: number, length: number): number {
  let out = 0;
  for (let i = 0; i < length; i++) out |= ((code >> i) & 1) << (length - 1 - i);
  return out;
}

const FIXED_LITERALS = codeOf(
  Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
);
const FIXED_DISTANCES = codeOf(new Uint8Array(30).fill(5));

/** Order in which the lengths of the length code are written (RFC 1951 3.2.7). */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function readCodes(input: BitInput): [literals: Code, distances: Code] {
  const literals = input.bits(5) + 257;
  const distances = input.bits(5) + 1;
  const written = input.bits(4) + 4;
  const ofLengths = new Uint8Array(19);
  for (let i = 0; i < written; i++) ofLengths[LENGTH_ORDER[i]!] = input.bits(3);
  const code = codeOf(ofLengths);
  const lengths = new Uint8Array(literals + distances);
  for (let at = 0; at < lengths.length;) {
    const symbol = input.symbol(code);
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    if (symbol === 16 && at === 0) throw damagedStream();
    const value = symbol === 16 ? lengths[at - 1]! : 0;
    const repeat =
      symbol === 16 ? 3 + input.bits(2) : symbol === 17 ? 3 + input.bits(3) : 11 + input.bits(7);
    if (at + repeat > lengths.length) throw damagedStream();
    lengths.fill(value, at, at + repeat);
    at += repeat;
  }
  return [codeOf(lengths.subarray(0, literals)), codeOf(lengths.subarray(literals))];
}

function copyStored(input: BitInput, output: Output): void {
  const [a, b, c, d] = input.take(4) as unknown as [number, number, number, number];
  const length = a + 256 * b;
  if ((length ^ (c + 256 * d)) !== 0xffff) throw damagedStream();
  output.append(input.take(length));
}

function copyCoded(input: BitInput, output: Output, literals: Code, distances: Code): void {
  for (;;) {
    const symbol = input.symbol(literals);
    if (symbol < 256) {
      output.byte(symbol);
      continue;
    }
    if (symbol === 256) return;
    if (symbol > 285) throw damagedStream();
    const length = LENGTHS[symbol - 257]! + input.bits(LENGTH_BITS[symbol - 257]!);
    const far = input.symbol(distances);
    const extra = far < 4 ? 0 : (far >> 1) - 1;
    const base = far < 4 ? far + 1 : ((2 + (far & 1)) << extra) + 1;
    output.repeat(base + input.bits(extra), length);
  }
}

/** Extra bits and smallest lengths of symbols 257 to 285 (RFC 1951 3.2.5). */
const LENGTH_BITS = Uint8Array.from({ length: 29 }, (_, i) =>
  i < 8 || i === 28 ? 0 : (i >> 2) - 1,
);
const LENGTHS = Uint16Array.from({ length: 29 }, (_, i) => {
  if (i === 28) return 258;
  return i < 8 ? i + 3 : ((4 + (i & 3)) << LENGTH_BITS[i]!) + 3;
});
