/** ASCII text in one bit of 8-bit grey levels: unseen by a reader in the lowest planes, and whole again from a lossless file. */
import { invariant } from "../errors/labError.ts";

/** Says that a message follows: "PNTX", then one byte of length. */
const MAGIC = [0x50, 0x4e, 0x54, 0x58];
const HEAD = MAGIC.length + 1;

/** Bits of a message, most significant first. */
function bitsOf(text: string): Uint8Array {
  const body = Array.from(text, (letter) => letter.charCodeAt(0));
  invariant(body.length < 256 && body.every((code) => code < 128), "a hidden text is short ASCII");
  const bytes = [...MAGIC, body.length, ...body];
  return Uint8Array.from(
    { length: 8 * bytes.length },
    (_, i) => (bytes[i >> 3]! >> (7 - (i & 7))) & 1,
  );
}

/**
 * @param image values k/255, taken to the nearest. @param plane 1 is the lowest bit, 8 the highest.
 * @returns a copy that repeats the message from the first pixel to the last.
 */
export function withHiddenText(image: Float32Array, text: string, plane: number): Float32Array {
  const bits = bitsOf(text);
  const place = 1 << (plane - 1);
  return image.map((value, i) => {
    const level = Math.round(255 * value);
    return ((level & ~place) | (bits[i % bits.length]! * place)) / 255;
  });
}

/** The message in a bit plane, or undefined where there is none. */
export function hiddenText(image: Float32Array, plane: number): string | undefined {
  const place = 1 << (plane - 1);
  const byteAt = (index: number): number => {
    let byte = 0;
    for (let k = 8 * index; k < 8 * index + 8; k++) {
      byte = (byte << 1) | (Math.round(255 * image[k]!) & place ? 1 : 0);
    }
    return byte;
  };
  if (image.length < 8 * HEAD || MAGIC.some((byte, k) => byteAt(k) !== byte)) return undefined;
  const length = byteAt(MAGIC.length);
  if (8 * (HEAD + length) > image.length) return undefined;
  return String.fromCharCode(...Array.from({ length }, (_, k) => byteAt(HEAD + k)));
}
