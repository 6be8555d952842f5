/** The values of DICOM elements: texts, and numbers in each of the forms that writers give them. */

export interface ElementValue {
  readonly vr: string | undefined;
  readonly start: number;
  readonly length: number;
  readonly littleEndian: boolean;
}

type Reader = (view: DataView, at: number, little: boolean) => number;

/** Binary numbers by value representation: bytes and how to read them. 64-bit integers lose nothing up to 2^53. */
const BINARY: Readonly<Record<string, readonly [bytes: number, read: Reader]>> = {
  US: [2, (view, at, little) => view.getUint16(at, little)],
  SS: [2, (view, at, little) => view.getInt16(at, little)],
  UL: [4, (view, at, little) => view.getUint32(at, little)],
  SL: [4, (view, at, little) => view.getInt32(at, little)],
  UV: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  SV: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  FL: [4, (view, at, little) => view.getFloat32(at, little)],
  FD: [8, (view, at, little) => view.getFloat64(at, little)],
};
const TEXT_NUMBERS = new Set(["DS", "IS"]);
/** Words are read in one go up to here; longer values belong to no attribute that is read. */
const LONGEST_TEXT = 65_536;

/** Backslash-separated values without the blanks and zero bytes that fill them up. Letters are bytes. */
export function textsOf(bytes: Uint8Array, { start, length }: ElementValue): string[] {
  let text = "";
  for (let i = start; i < start + Math.min(length, LONGEST_TEXT); i++) {
    if (bytes[i] === 0) break;
    text += String.fromCharCode(bytes[i]!);
  }
  return text.trim() === "" ? [] : text.split("\\").map((value) => value.trim());
}

/** Numbers of any form; where no value representation says otherwise they are texts. */
export function decimalsOf(bytes: Uint8Array, element: ElementValue): (number | undefined)[] {
  const binary = BINARY[element.vr ?? ""];
  if (binary) return binaryNumbers(bytes, element, binary);
  return textsOf(bytes, element).map((text) => (text === "" ? undefined : Number(text)));
}

/**
 * Integers that are 16-bit words by the dictionary: other forms only where the value representation says so. Signed and
 * unsigned words both come back as 0 to 65,535, because which of the two holds is decided by other attributes.
 */
export function wordsOf(bytes: Uint8Array, element: ElementValue): ArrayLike<number> {
  const vr = element.vr ?? "";
  if (TEXT_NUMBERS.has(vr)) {
    return decimalsOf(bytes, element).map((value) => Math.trunc(value ?? 0) & 0xffff);
  }
  const binary = BINARY[vr];
  if (binary && binary[0] !== 2) return binaryNumbers(bytes, element, binary);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint16Array.from({ length: element.length >> 1 }, (_, i) =>
    view.getUint16(element.start + 2 * i, element.littleEndian),
  );
}

function binaryNumbers(
  bytes: Uint8Array,
  { start, length, littleEndian }: ElementValue,
  [size, read]: readonly [bytes: number, read: Reader],
): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(length / size) }, (_, i) =>
    read(view, start + size * i, littleEndian),
  );
}
