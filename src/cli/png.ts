/** Pictures as PNG files. */
import { writeFile } from "node:fs/promises";
import { LabError } from "../errors/labError.ts";
import { grayImage } from "../image/grayImage.ts";
import { exportPng } from "../io/exportPng.ts";

/** Values in [0, 1] as 8-bit grey; k/255 is kept exactly. @throws LabError "not-found" when the file can't be written. */
export async function writePng(file: string, values: Float32Array, size: number): Promise<void> {
  const png = exportPng(grayImage(values, size, size));
  await writeFile(file, png).catch((cause: NodeJS.ErrnoException) => {
    throw new LabError("not-found", `The file ${file} can't be written (${cause.code}).`, {
      cause,
    });
  });
}
