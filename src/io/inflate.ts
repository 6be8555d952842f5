import { LabError } from "../errors/labError.ts";
import { joinBytes } from "./joinBytes.ts";
import { MAX_INFLATED_BYTES } from "./limits.ts";

/** Small enough that one write of the densest deflate stream (1032 : 1) expands to 4 MB only. */
const WRITE_BYTES = 4096;

/**
 * Expands a deflate stream without ever holding more than `limit` bytes: the input is fed in small writes and the output
 * counted as it comes. `format` "deflate" is zlib-wrapped (PNG), "deflate-raw" is not (DICOM).
 * @throws LabError "file-too-large" over the limit, "file-damaged" when the stream ends early or makes no sense.
 */
export async function inflateCapped(
  bytes: Uint8Array,
  format: "deflate" | "deflate-raw",
  limit: number = MAX_INFLATED_BYTES,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await readInflated(bytes, format, limit, (chunk) => chunks.push(chunk));
  return joinBytes(chunks);
}

/** Number of bytes a stream expands to, keeping none of them. @throws as `inflateCapped` */
export async function inflatedLength(
  bytes: Uint8Array,
  format: "deflate" | "deflate-raw",
  limit: number = MAX_INFLATED_BYTES,
): Promise<number> {
  return readInflated(bytes, format, limit, () => {});
}

async function readInflated(
  bytes: Uint8Array,
  format: "deflate" | "deflate-raw",
  limit: number,
  take: (chunk: Uint8Array) => void,
): Promise<number> {
  const stream = new DecompressionStream(format);
  const feeding = feed(stream.writable.getWriter(), bytes);
  const reader = stream.readable.getReader();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > limit) {
        throw new LabError(
          "file-too-large",
          "This compressed file expands beyond this viewer's limit. Not shown.",
          { hint: `The limit is ${limit / 2 ** 20} MB. Export the file without compression.` },
        );
      }
      take(value);
    }
  } catch (error) {
    await reader.cancel().catch(() => {});
    if (error instanceof LabError) throw error;
    throw new LabError(
      "file-damaged",
      "The compressed data of this file is cut off or damaged. Not shown.",
      { hint: "Copy or export the file again.", cause: error },
    );
  } finally {
    await feeding;
  }
  return length;
}

/** Writes everything; a failure is the reader's to report. Trailing bytes after the end of the stream are ignored. */
async function feed(
  writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
  bytes: Uint8Array,
): Promise<void> {
  try {
    for (let offset = 0; offset < bytes.length; offset += WRITE_BYTES) {
      await writer.ready;
      await writer.write(bytes.slice(offset, offset + WRITE_BYTES));
    }
    await writer.close();
  } catch {
    // The readable side has failed or was cancelled with the same error.
  }
}
