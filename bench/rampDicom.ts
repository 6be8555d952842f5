/** A large square film without a patient, another one for each number: explicit little endian, 12 bits. */
import { TAG, dicomFile, imageElements } from "../src/testing/dicomBytes.ts";

export const WHOLE_FILM_SIDE = 2000;

export function rampDicom(index: number, side = WHOLE_FILM_SIDE): Uint8Array {
  const bytes = new Uint8Array(2 * side * side);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < side * side; i++) {
    view.setUint16(2 * i, (i + 7 * index + ((i / side) | 0)) % 4096, true);
  }
  return dicomFile({
    ...imageElements(side, side, 12),
    [TAG.pixelData]: { vr: "OW", bytes },
  });
}
