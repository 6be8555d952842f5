/** One small picture of 12 bits and the DICOM files that hold it. */
import { nodeCodecs } from "../cli/nodeCodecs.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { loadRadiograph } from "../io/loadRadiograph.ts";
import { dicomFile, imageElements, TAG, words } from "./dicomBytes.ts";
import type { DicomElements } from "./dicomBytes.ts";

export const ROWS = 24;
export const COLS = 20;
/** Smooth with some texture, full 12-bit range; 8-bit and signed variants follow from it. */
export const SAMPLES = Array.from({ length: ROWS * COLS }, (_, i) => {
  const y = Math.floor(i / COLS);
  const x = i % COLS;
  return Math.min(4095, 170 * y + ((x * 7 + y * 3) % 11) * 17);
});
export const BYTES = SAMPLES.map((value) => value >> 4);

export const SAMPLES_TABLE = Array.from({ length: 4096 }, (_, i) => i);

export const load = (file: Uint8Array): Promise<Radiograph> => loadRadiograph(file, nodeCodecs);
export const gray12 = (extra: DicomElements = {}): DicomElements =>
  imageElements(ROWS, COLS, 12, extra);
export const gray8 = (extra: DicomElements = {}): DicomElements =>
  imageElements(ROWS, COLS, 8, extra);
export const native12 = (extra: DicomElements = {}): Uint8Array =>
  dicomFile(gray12({ [TAG.pixelData]: words(SAMPLES), ...extra }));

export async function decoded(elements: DicomElements, uid: string): Promise<number[]> {
  const { values } = await load(dicomFile(elements, uid));
  return Array.from(values);
}
