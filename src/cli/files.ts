/** Files of the command line. */
import { readFile } from "node:fs/promises";
import { LabError } from "../errors/labError.ts";
import { findPicture } from "../io/loadRadiograph.ts";
import type { WantedPicture } from "../io/loadRadiograph.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { nodeCodecs } from "./nodeCodecs.ts";

/** @throws LabError "not-found" when there is no such file, a "file-*" code when it can't be shown. */
export async function openRadiograph(
  file: string,
  wanted: WantedPicture = {},
): Promise<Radiograph> {
  return findPicture(await readBytes(file), nodeCodecs, wanted);
}

/** @throws LabError "not-found" when there is no such file or it can't be read. */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new LabError(
      "not-found",
      code === "ENOENT"
        ? `There is no file ${file}.`
        : `The file ${file} cannot be read (${code}).`,
      { cause },
    );
  }
}
