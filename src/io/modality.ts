/** Stored values to modality values (PS3.3 C.11.1): a Modality LUT where there is one, else rescale slope and intercept. */
import type { VoiTable } from "../image/radiograph.ts";
import type { LookupTable } from "./dicomAttributes.ts";

export interface ModalityTransform {
  readonly rescale: { readonly slope: number; readonly intercept: number };
  readonly modalityTable?: LookupTable;
}

const INT32_LIMIT = 2 ** 31 - 1;

/** Integers stay integers; anything else is Float32. The stored values themselves come back where nothing changes. */
export function toModalityValues(
  stored: Int32Array,
  transform: ModalityTransform,
): Int32Array | Float32Array {
  const { slope, intercept } = transform.rescale;
  const table = transform.modalityTable;
  if (table) return stored.map((value) => lookUp(table, value));
  if (slope === 1 && intercept === 0) return stored;
  const largest = Math.abs(slope) * largestMagnitude(stored) + Math.abs(intercept);
  if (Number.isInteger(slope) && Number.isInteger(intercept) && largest <= INT32_LIMIT) {
    return stored.map((value) => value * slope + intercept);
  }
  return Float32Array.from(stored, (value) => value * slope + intercept);
}

/** One stored value, as `toModalityValues` would hold it. */
export function toModalityValue(
  stored: number,
  transform: ModalityTransform,
  isFloat: boolean,
): number {
  const { slope, intercept } = transform.rescale;
  const value = transform.modalityTable
    ? lookUp(transform.modalityTable, stored)
    : stored * slope + intercept;
  return isFloat ? Math.fround(value) : value;
}

/**
 * A VOI table with the depth its entries use. The descriptor's own depth is not trusted: CR writers that claim more bits
 * than they use would give a picture almost black, those that claim fewer one all white. Undefined for a table that maps
 * everything to 0.
 */
export function toVoiTable({
  firstValue,
  entries,
  explanation,
}: LookupTable): VoiTable | undefined {
  let max = 0;
  for (const entry of entries) if (entry > max) max = entry;
  if (max === 0) return undefined;
  return {
    kind: "table",
    firstValue,
    bits: Math.ceil(Math.log2(max + 1)),
    entries,
    ...(explanation === undefined ? {} : { explanation }),
  };
}

function lookUp({ firstValue, entries }: LookupTable, value: number): number {
  return entries[Math.max(0, Math.min(entries.length - 1, value - firstValue))]!;
}

function largestMagnitude(values: Int32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
