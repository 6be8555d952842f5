/** Pieces of the protobuf wire format: length-delimited fields made of byte ranges that are not copied until the end. */

/** A length-delimited field (message or bytes) as a list of byte ranges; nothing at all for no bytes. */
export function message(field: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return size === 0 ? [] : [Uint8Array.from([...varint(field * 8 + 2), ...varint(size)]), ...parts];
}

/** All parts one after the other. */
export function joinBytes(parts: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Base-128 digits, lowest first, high bit set on all but the last. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}
