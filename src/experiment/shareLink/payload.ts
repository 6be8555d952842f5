/** The payload of a link: a checksum and deflated JSON as base64url. */
import { Inflate, deflateSync, strFromU8, strToU8 } from "fflate";
import { LabError } from "../../errors/labError.ts";
import { toBase64Url } from "../../host/base64url.ts";
import { DICTIONARY_1, MAX_PAYLOAD_BYTES, crc32 } from "./format.ts";

/** Compressed bytes handed to the inflater at a time: DEFLATE expands at most 1032 times, so a bomb stops early. */
const INFLATE_CHUNK = 512;

/** @returns base64url, and whether what it holds is small enough to be read again */
export function pack(value: unknown): { readonly text: string; readonly isReadable: boolean } {
  const json = strToU8(JSON.stringify(value));
  const body = deflateSync(json, { level: 9, mem: 8, dictionary: DICTIONARY_1 });
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, crc32(json));
  bytes.set(body, 4);
  return { text: toBase64Url(bytes), isReadable: json.length <= MAX_PAYLOAD_BYTES };
}

/** Checksum and inflation, with the size watched while it grows. */
export function unpack(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 5) throw invalidLink("This link is cut off.");
  const checksum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const body = bytes.subarray(4);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const inflate = new Inflate({ dictionary: DICTIONARY_1 }, (chunk) => {
    length += chunk.length;
    if (length > MAX_PAYLOAD_BYTES) {
      throw invalidLink(
        `This link expands to more than ${MAX_PAYLOAD_BYTES / 1024} kB, which no Penumbra link does.`,
      );
    }
    chunks.push(chunk);
  });
  try {
    for (let at = 0; at < body.length; at += INFLATE_CHUNK) {
      inflate.push(body.slice(at, at + INFLATE_CHUNK), at + INFLATE_CHUNK >= body.length);
    }
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    throw invalidLink("This link is cut off or damaged.", undefined, cause);
  }
  const text = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    text.set(chunk, at);
    at += chunk.length;
  }
  if (crc32(text) !== checksum) {
    throw invalidLink("This link is damaged: its checksum does not match its content.");
  }
  return text;
}

export function parseJson(text: Uint8Array): unknown {
  try {
    return JSON.parse(strFromU8(text));
  } catch (cause) {
    throw invalidLink("This link is damaged: its content is not JSON.", undefined, cause);
  }
}

export function invalidLink(
  message: string,
  hint = "Ask for the link again, or copy it whole.",
  cause?: unknown,
): LabError {
  return new LabError("link-invalid", message, { hint, ...(cause === undefined ? {} : { cause }) });
}
