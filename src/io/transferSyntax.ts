/** How a DICOM data set is encoded and its pixels compressed, by UID (PS3.5 section 10 and PS3.6 annex A). */
import { LabError } from "../errors/labError.ts";

export type PixelCoding = "native" | "rle" | "jpeg" | "jpeg-ls" | "jpeg-2000";

export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  readonly coding: PixelCoding;
  readonly explicit: boolean;
  readonly deflated: boolean;
  readonly bigEndian: boolean;
}

const PLAIN = { explicit: true, deflated: false, bigEndian: false };
const NATIVE = "1.2.840.10008.1.2";
const JPEG = "1.2.840.10008.1.2.4";

const SUPPORTED = new Map<string, Omit<TransferSyntax, "uid">>([
  [NATIVE, native("implicit little endian", { explicit: false })],
  [`${NATIVE}.1`, native("explicit little endian", {})],
  [`${NATIVE}.1.99`, native("deflated", { deflated: true })],
  [`${NATIVE}.2`, native("explicit big endian", { bigEndian: true })],
  [`${NATIVE}.5`, compressed("RLE", "rle")],
  [`${JPEG}.50`, compressed("JPEG baseline", "jpeg")],
  [`${JPEG}.51`, compressed("JPEG extended", "jpeg")],
  [`${JPEG}.57`, compressed("JPEG lossless", "jpeg")],
  [`${JPEG}.70`, compressed("JPEG lossless", "jpeg")],
  [`${JPEG}.80`, compressed("JPEG-LS", "jpeg-ls")],
  [`${JPEG}.81`, compressed("JPEG-LS", "jpeg-ls")],
  [`${JPEG}.90`, compressed("JPEG 2000", "jpeg-2000")],
  [`${JPEG}.91`, compressed("JPEG 2000", "jpeg-2000")],
  [`${JPEG}.201`, compressed("high-throughput JPEG 2000", "jpeg-2000")],
  [`${JPEG}.202`, compressed("high-throughput JPEG 2000", "jpeg-2000")],
  [`${JPEG}.203`, compressed("high-throughput JPEG 2000", "jpeg-2000")],
]);

/** Known and refused by name; the longest matching start of the UID decides. */
const UNSUPPORTED: readonly (readonly [prefix: string, name: string])[] = [
  [`${JPEG}.100`, "MPEG-2 video"],
  [`${JPEG}.101`, "MPEG-2 video"],
  [`${JPEG}.102`, "MPEG-4 video"],
  [`${JPEG}.103`, "MPEG-4 video"],
  [`${JPEG}.104`, "MPEG-4 video"],
  [`${JPEG}.105`, "MPEG-4 video"],
  [`${JPEG}.106`, "MPEG-4 video"],
  [`${JPEG}.107`, "HEVC video"],
  [`${JPEG}.108`, "HEVC video"],
  [`${JPEG}.92`, "JPEG 2000 multi-component"],
  [`${JPEG}.93`, "JPEG 2000 multi-component"],
  [`${JPEG}.94`, "JPIP (the pixels are on a server)"],
  [`${JPEG}.95`, "JPIP (the pixels are on a server)"],
  [`${JPEG}.110`, "JPEG XL"],
  [`${JPEG}.111`, "JPEG XL"],
  [`${JPEG}.112`, "JPEG XL"],
  [`${JPEG}.204`, "JPIP (the pixels are on a server)"],
  [`${JPEG}.205`, "JPIP (the pixels are on a server)"],
  [JPEG, "a retired kind of JPEG"],
  ["1.2.840.10008.1.2.7", "SMPTE video"],
  ["1.2.840.10008.1.2.8", "deflated image frames"],
];

/** @throws LabError "file-unsupported" that names the compression. */
export function transferSyntaxOf(uid: string): TransferSyntax {
  const supported = SUPPORTED.get(uid);
  if (supported) return { uid, ...supported };
  const known = UNSUPPORTED.find(([prefix]) => uid === prefix || uid.startsWith(`${prefix}.`));
  // Anything may stand in a damaged header: only what looks like a UID is repeated.
  const shown = /^[\d.]{1,64}$/.test(uid) ? uid : "not a valid name";
  const message = known
    ? `Compressed as ${known[1]}, which this viewer cannot read.`
    : `Unknown compression (${shown}).`;
  throw new LabError("file-unsupported", message, {
    hint: "Export the image uncompressed or as JPEG lossless and open it again.",
  });
}

function native(
  name: string,
  how: Partial<Pick<TransferSyntax, "explicit" | "deflated" | "bigEndian">>,
): Omit<TransferSyntax, "uid"> {
  return { ...PLAIN, name, coding: "native", ...how };
}

function compressed(name: string, coding: PixelCoding): Omit<TransferSyntax, "uid"> {
  return { ...PLAIN, name, coding };
}
