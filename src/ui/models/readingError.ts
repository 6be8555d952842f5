/** Files that were dropped and can no longer be read. */
import { toErrorData } from "../../errors/labError.ts";

/** What a browser says of a file that is gone or may not be read, in words of the lab. */
export function readingError(error: unknown): ReturnType<typeof toErrorData> {
  if (!(error instanceof DOMException)) return toErrorData(error);
  return {
    code: "not-found",
    message: "A dropped file could not be read: it was moved, renamed or is not permitted.",
    hint: "Drop it again from a folder on this computer.",
  };
}
