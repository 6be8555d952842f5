/**
 * The chunks of a PNG that make its picture: header, palette, transparency, pixels, and of EXIF the orientation. Text and
 * other extras are passed over unread (they can name a patient, and a colour profile can expand to gigabytes).
 */
import { LabError } from "../errors/labError.ts";

export interface PngChunks {
  readonly header: Uint8Array;
  readonly palette?: Uint8Array;
  readonly transparency?: Uint8Array;
  /** A TIFF block. */
  readonly exif?: Uint8Array;
  readonly pixels: readonly Uint8Array[];
  /** The checksums of what was read are right. Told, not thrown: refusals for size come first. */
  readonly isIntact: boolean;
}

const SIGNATURE_BYTES = 8;
const END = "IEND";

/** Of chunks that stand more than once the first counts, but for the pixels. @throws LabError "file-truncated", "file-damaged" */
export function readChunks(bytes: Uint8Array): PngChunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Map<string, Uint8Array>();
  const pixels: Uint8Array[] = [];
  let isIntact = true;
  let at = SIGNATURE_BYTES;
  // Writers forget the last chunk: what is missing then is looked for in the pixels.
  while (at < bytes.length) {
    if (at + 12 > bytes.length) throw cutOff();
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) throw cutOff();
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, end - 4);
    if (at === SIGNATURE_BYTES && type !== "IHDR") throw damaged();
    if (type === END) break;
    const isRead = READ.has(type);
    if (isRead && view.getUint32(end - 4) !== crc32(bytes.subarray(at + 4, end - 4))) {
      isIntact = false;
    }
    if (type === "IDAT") pixels.push(body);
    else if (isRead && !found.has(type)) found.set(type, body);
    at = end;
  }
  const header = found.get("IHDR");
  if (!header || pixels.length === 0) throw cutOff();
  const palette = found.get("PLTE");
  const transparency = found.get("tRNS");
  const exif = found.get("eXIf");
  return {
    header,
    pixels,
    isIntact,
    ...(palette ? { palette } : {}),
    ...(transparency ? { transparency } : {}),
    ...(exif ? { exif } : {}),
  };
}

const READ = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "eXIf"]);

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function damaged(): LabError {
  return new LabError("file-damaged", "This PNG image is damaged. Not shown.", {
    hint: "Copy or export the file again.",
  });
}

function cutOff(): LabError {
  return new LabError("file-truncated", "This PNG image is cut off. Not shown.", {
    hint: "Copy or export the file again.",
  });
}
