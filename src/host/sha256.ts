/**
 * SHA-256 of bytes, in hex: the one function behind the name of every file, model and picture. Browsers give Web Crypto
 * to secure pages only (https or localhost); a page served over plain http computes the same function here.
 */

interface DigestHost {
  readonly crypto?: {
    readonly subtle?: {
      digest(name: "SHA-256" | "SHA-1", bytes: Uint8Array): Promise<ArrayBuffer>;
    };
  };
}

/** Lower-case hex, 64 digits. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const subtle = (globalThis as DigestHost).crypto?.subtle;
  const digest = subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : sha256(bytes);
  return hexOf(digest);
}

/** The digest, 32 bytes (FIPS 180-4), computed at once: call it in a worker when there are megabytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const state = Int32Array.from(INITIAL_STATE);
  const schedule = new Int32Array(64);
  const whole = bytes.length - (bytes.length % 64);
  compress(state, schedule, bytes.subarray(0, whole));

  return finished(state, schedule, { rest: bytes.subarray(whole), length: bytes.length });
}

/** @param rest fewer than 64 bytes that are not in the state yet; `length` of the whole message */
function finished(
  state: Int32Array,
  schedule: Int32Array,
  { rest, length: total }: { readonly rest: Uint8Array; readonly length: number },
): Uint8Array {
  const tail = new Uint8Array(rest.length + 9 > 64 ? 128 : 64);
  tail.set(rest);
  tail[rest.length] = 0x80;
  const length = new DataView(tail.buffer, tail.length - 8);
  length.setUint32(0, Math.floor(total / 2 ** 29));
  length.setUint32(4, total * 8);
  compress(state, schedule, tail);

  const out = new Uint8Array(32);
  const view = new DataView(out.buffer);
  state.forEach((word, i) => view.setInt32(4 * i, word));
  return out;
}

/** Of bytes that come piece by piece, so that no file needs to be held whole. Lower-case hex. */
export async function sha256OfStream(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const state = Int32Array.from(INITIAL_STATE);
  const schedule = new Int32Array(64);
  let length = 0;
  let rest = new Uint8Array();
  for await (const piece of pieces) {
    length += piece.length;
    const bytes = new Uint8Array(rest.length + piece.length);
    bytes.set(rest);
    bytes.set(piece, rest.length);
    const whole = bytes.length - (bytes.length % 64);
    compress(state, schedule, bytes.subarray(0, whole));
    rest = bytes.slice(whole);
  }
  return hexOf(finished(state, schedule, { rest, length }));
}

/** What git names a file's content by: SHA-1 of it behind a header. Undefined where the page has no Web Crypto. */
export async function gitBlobHash(bytes: Uint8Array): Promise<string | undefined> {
  const subtle = (globalThis as DigestHost).crypto?.subtle;
  if (!subtle) return undefined;
  const header = Uint8Array.from(["blob ", bytes.length, "\0"].join(""), (letter) =>
    letter.charCodeAt(0),
  );
  const whole = new Uint8Array(header.length + bytes.length);
  whole.set(header);
  whole.set(bytes, header.length);
  return hexOf(new Uint8Array(await subtle.digest("SHA-1", whole)));
}

function hexOf(digest: Uint8Array): string {
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** First 32 bits of the fractional parts of a root of the first primes, which is how the standard defines its constants. */
function rootFractions(count: number, root: (prime: number) => number): Int32Array {
  const out = new Int32Array(count);
  for (let candidate = 2, found = 0; found < count; candidate++) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
      if (candidate % divisor === 0) isPrime = false;
    }
    if (isPrime) out[found++] = Math.floor((root(candidate) % 1) * 2 ** 32);
  }
  return out;
}

const INITIAL_STATE = rootFractions(8, Math.sqrt);
const ROUND_CONSTANTS = rootFractions(64, Math.cbrt);

/** Takes whole blocks of 64 bytes into the state. Every sum is cut to 32 bits at once, so that it stays an integer. */
function compress(state: Int32Array, w: Int32Array, blocks: Uint8Array): void {
  const k = ROUND_CONSTANTS;
  for (let at = 0; at < blocks.length; at += 64) {
    for (let t = 0, i = at; t < 16; t++, i += 4) {
      w[t] = (blocks[i]! << 24) | (blocks[i + 1]! << 16) | (blocks[i + 2]! << 8) | blocks[i + 3]!;
    }
    for (let t = 16; t < 64; t++) {
      const x = w[t - 15]!;
      const y = w[t - 2]!;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[t] = (w[t - 16]! + s0 + w[t - 7]! + s1) | 0;
    }
    let a = state[0]!;
    let b = state[1]!;
    let c = state[2]!;
    let d = state[3]!;
    let e = state[4]!;
    let f = state[5]!;
    let g = state[6]!;
    let h = state[7]!;
    for (let t = 0; t < 64; t++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + k[t]! + w[t]!) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0]! += a;
    state[1]! += b;
    state[2]! += c;
    state[3]! += d;
    state[4]! += e;
    state[5]! += f;
    state[6]! += g;
    state[7]! += h;
  }
}
