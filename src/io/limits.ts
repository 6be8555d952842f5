/** What one file may ask of this viewer. All are checked before memory is taken. */
import { LabError } from "../errors/labError.ts";

const MAX_FILE_BYTES = 512 * 2 ** 20;
/** Rows * columns * samples; three full-size mammograms. */
const MAX_PIXELS = 64_000_000;
/** What deflate may expand to, in bytes. */
export const MAX_INFLATED_BYTES = 128 * 2 ** 20;
/** A decode worker that takes longer is stopped. */
export const DECODE_TIMEOUT_MS = 8_000;

/** Known before a byte is read. @throws LabError "file-too-large" */
export function checkFileSize(bytes: number): void {
  if (bytes <= MAX_FILE_BYTES) return;
  const size = Math.round(bytes / 2 ** 20);
  throw new LabError("file-too-large", `This file has ${size} MB, over this viewer's limit.`, {
    hint: `The limit is ${MAX_FILE_BYTES / 2 ** 20} MB.`,
  });
}

/** @throws LabError "file-too-large" when a header asks for more than MAX_PIXELS */
export function checkImageSize(rows: number, cols: number, samplesPerPixel: number): void {
  if (rows * cols * samplesPerPixel <= MAX_PIXELS) return;
  throw new LabError(
    "file-too-large",
    `The header describes a ${cols} x ${rows} image, over this viewer's limit. Not shown.`,
    { hint: `The limit is ${MAX_PIXELS / 1e6} million pixels.` },
  );
}
