/** One phantom as the training data stores it: picture and masks as bytes, the rest as a line of JSON. */
import { FINDING_KINDS } from "../../src/phantom/spec.ts";
import type { Phantom } from "../../src/phantom/phantom.ts";

/** Tokens a side. */
export const GRID = 16;
/** What each rendered mask covers, in the order of the bytes. */
export const MASKS: readonly string[] = [...FINDING_KINDS, "leftLung", "rightLung", "heart"];

export interface CaseBytes {
  /** [S * S], display value * 255. */
  readonly image: Uint8Array;
  /** [K * GRID * GRID], mean coverage of each token's cell * 255; nothing covered where there is no mask. */
  readonly masks: Uint8Array;
  readonly line: string;
}

/** `phantom.size` must be a multiple of GRID. */
export function caseBytes(seed: number, phantom: Phantom): CaseBytes {
  const { size, patient, findings, measurements, report } = phantom;
  const cell = size / GRID;
  const masks = new Uint8Array(MASKS.length * GRID * GRID);
  MASKS.forEach((name, k) => {
    const sums = new Float64Array(GRID * GRID);
    phantom.masks.get(name)?.forEach((v, index) => {
      const token = Math.floor(index / size / cell) * GRID + Math.floor((index % size) / cell);
      sums[token] = sums[token]! + v;
    });
    masks.set(
      sums.map((sum) => Math.round((255 * sum) / (cell * cell))),
      k * GRID * GRID,
    );
  });
  return {
    image: Uint8Array.from(phantom.image, (v) => Math.round(255 * v)),
    masks,
    line: JSON.stringify({ seed, patient, findings, measurements, report }),
  };
}
