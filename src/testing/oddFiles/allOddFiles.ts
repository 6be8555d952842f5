import { dicomFormFiles } from "./dicomForms.ts";
import { dicomValueFiles } from "./dicomValues.ts";
import { jpegFormFiles } from "./jpegForms.ts";
import type { OddFile } from "./oddFile.ts";
import { pngFormFiles } from "./pngForms.ts";
import { randomDicomFiles } from "./randomDicom.ts";

/** Every generated file, the same bytes each time. */
export async function allOddFiles(): Promise<OddFile[]> {
  return [
    ...dicomFormFiles(),
    ...(await dicomValueFiles()),
    ...jpegFormFiles(),
    ...pngFormFiles(),
    ...(await randomDicomFiles()),
  ];
}
