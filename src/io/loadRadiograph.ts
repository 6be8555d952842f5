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
import { MAX_FILE_BYTES } from "./limits.ts";
import { sniffFormat } from "./sniff.ts";

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
  if (bytes.length > MAX_FILE_BYTES) {
    const size = Math.round(bytes.length / 2 ** 20);
    throw new LabError("file-too-large", `This file has ${size} MB, over this viewer's limit.`, {
      hint: `The limit is ${MAX_FILE_BYTES / 2 ** 20} MB.`,
    });
  }
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
  }
}
