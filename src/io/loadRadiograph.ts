/**
 * A file's bytes to a radiograph: the one entrance for user files. What the file is follows from its content, every
 * limit is checked before memory is taken, and a file that cannot be shown rightly is refused with one sentence.
 */
import { LabError } from "../errors/labError.ts";
import type { Radiograph } from "../image/radiograph.ts";
import type { CodecHost } from "./codecs.ts";
import { withPreamble } from "./dicomFileMeta.ts";
import { loadDicom } from "./loadDicom.ts";
import { loadJpeg } from "./loadJpeg.ts";
import { loadPng } from "./loadPng.ts";
import { noSuchFrame } from "./encapsulatedFrame.ts";
import { checkFileSize } from "./limits.ts";
import { sniffFormat } from "./sniff.ts";

/** Which picture of a file that holds several. */
export interface WantedPicture {
  /** From 0; the first where nothing is said. */
  readonly frame?: number | undefined;
  /** Its pixel hash: where `frame` is another one, the others are looked through. */
  readonly sha256?: string | undefined;
}

/**
 * The picture that is wanted. Where none of the file's has the hash, it is the one at `frame` (the first, where the file does not
 * hold so many): the caller says that it is another.
 * @throws LabError as loadRadiograph does
 */
export async function findPicture(
  bytes: Uint8Array,
  host: CodecHost,
  { frame = 0, sha256 }: WantedPicture,
): Promise<Radiograph> {
  if (sha256 === undefined) return loadRadiograph(bytes, host, frame);
  const said = await loadRadiograph(bytes, host, frame).catch((error: unknown) => {
    if (frame > 0 && error instanceof LabError && error.code === "file-no-image") return undefined;
    throw error;
  });
  const first = said ?? (await loadRadiograph(bytes, host));
  if (first.rawSha256 === sha256) return first;
  const { count, index } = first.frame ?? { count: 1, index: 0 };
  for (let other = 0; other < count; other++) {
    if (other === index) continue;
    // One that is damaged is not the one that was read before.
    const found = await loadRadiograph(bytes, host, other).catch(() => undefined);
    if (found?.rawSha256 === sha256) return found;
  }
  return first;
}

/**
 * @param frame which picture, from 0, of a file that holds several
 * Runs in a worker in the browser (see decodeClient.ts), directly in Node.
 * @throws LabError with a file-* code; anything else is a bug of this folder.
 */
export async function loadRadiograph(
  bytes: Uint8Array,
  host: CodecHost,
  frame = 0,
): Promise<Radiograph> {
  checkFileSize(bytes.length);
  const format = sniffFormat(bytes);
  if (frame > 0 && (format === "png" || format === "jpeg")) throw noSuchFrame(frame, 1);
  switch (format) {
    case "dicom":
      return loadDicom(bytes, host, frame);
    case "dicom-without-preamble":
      return loadDicom(withPreamble(bytes), host, frame);
    case "png":
      return loadPng(bytes);
    case "jpeg":
      return loadJpeg(bytes, host);
    case "tiff":
      // Few films come so: its reader is fetched with the first that does.
      return (await import("./loadTiff.ts")).loadTiff(bytes, frame);
  }
}
