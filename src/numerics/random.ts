/**
 * Seeded randomness. A stream is Philox4x32-10 (Salmon et al., SC'11) in counter mode, keyed by the seed and a name, so
 * that every consumer has its own reproducible sequence: adding a draw in one place moves nothing in another.
 */

export interface RandomStream {
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
  /** Standard normal (Box-Muller on 53-bit uniforms; |z| <= 8.57). */
  normal(): number;
  /** True with probability p. */
  chance(p: number): boolean;
  /** An independent stream, a pure function of this stream's identity and the name (never of draws made so far). */
  fork(name: string): RandomStream;
}

/** The stream named by `names` under `seed` (any safe integer). */
export function randomStream(seed: number, ...names: readonly string[]): RandomStream {
  const low = seed >>> 0;
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  let stream: RandomStream = new PhiloxStream(low, high);
  for (const name of names) stream = stream.fork(name);
  return stream;
}

/** How far from 0 a pair of normals lies (Box-Muller). @param u uniform in [0, 1); its bits limit the length. */
export function normalRadius(u: number): number {
  return Math.sqrt(-2 * Math.log(1 - u));
}

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** One Philox4x32-10 block: four 32-bit words from a 128-bit counter and a 64-bit key, written to `out`. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  writeBlock(counter[0], counter[1], counter[2], counter[3], key[0], key[1], out);
}

// Numbers in, no arrays: certificates draw tens of millions of these.
// oxlint-disable-next-line max-params
function writeBlock(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
): void {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * Upper 32 bits (as a signed integer) of the product of two 32-bit integers taken as unsigned, by 16-bit halves: no
 * partial sum reaches 2^32.
 */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) | 0;
}

class PhiloxStream implements RandomStream {
  readonly #k0: number;
  readonly #k1: number;
  readonly #block = new Uint32Array(4);
  #counter = 0;
  #used = 4;
  #spareNormal: number | undefined;

  constructor(k0: number, k1: number) {
    this.#k0 = k0 >>> 0;
    this.#k1 = k1 >>> 0;
  }

  uint32(): number {
    if (this.#used === 4) {
      const low = this.#counter >>> 0;
      const high = Math.floor(this.#counter / 2 ** 32) >>> 0;
      writeBlock(low, high, 0, 0, this.#k0, this.#k1, this.#block);
      this.#counter++;
      this.#used = 0;
    }
    return this.#block[this.#used++]!;
  }

  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = normalRadius(this.uniform());
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  chance(p: number): boolean {
    return this.uniform() < p;
  }

  fork(name: string): RandomStream {
    // The child's key is a Philox block of the name's hash under this key; counters of draws have word 2 and 3 zero,
    // names never do, so a child's key can't coincide with a parent's draw.
    const [a, b] = hashName(name);
    const out = new Uint32Array(4);
    philox4x32([a, b, name.length, 0x5eed], [this.#k0, this.#k1], out);
    return new PhiloxStream(out[0]!, out[1]!);
  }
}

/** Two FNV-1a hashes of the name with different offsets: 64 bits. */
function hashName(name: string): [number, number] {
  let a = 0x811c9dc5;
  let b = 0xcbf29ce4;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code + 0x9e37), 0x01000193);
  }
  return [a >>> 0, b >>> 0];
}
