/** Stored values to modality values (PS3.3 C.11.1): a Modality LUT where there is one, else rescale slope and intercept. */
import type { VoiTable } from "../image/radiograph.ts";
import type { InputRange, LookupTable } from "./lookupTable.ts";

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

/** The values that stored ones can become. */
export function modalityRange(stored: InputRange, transform: ModalityTransform): InputRange {
  const { slope, intercept } = transform.rescale;
  const table = transform.modalityTable;
  const ends = table
    ? lowestAndHighest(table.entries)
    : [stored.low * slope + intercept, stored.high * slope + intercept];
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** Writers that mean the size of a word claim 16 bits for entries that use no more than these. */
const BITS_OF_WORD_SIZED_CLAIM = 12;

/**
 * A VOI table with its output depth, which is the descriptor's unless the entries deny it: entries beyond it would be all
 * white, and 16 bits claimed for entries of at most 12 almost black; both are common faults of CR writers. Undefined for
 * a table that maps everything to 0.
 */
export function toVoiTable(table: LookupTable): VoiTable | undefined {
  const { firstValue, entries, explanation } = table;
  const [, max] = lowestAndHighest(entries);
  if (max === 0) return undefined;
  const used = Math.ceil(Math.log2(max + 1));
  const isWordSized = table.bits >= 16 && used <= BITS_OF_WORD_SIZED_CLAIM;
  const isBelieved = table.bits >= used && table.bits <= 16 && !isWordSized;
  return {
    kind: "table",
    firstValue,
    bits: isBelieved ? table.bits : used,
    entries,
    ...(explanation === undefined ? {} : { explanation }),
  };
}

function lowestAndHighest(entries: Uint16Array): [low: number, high: number] {
  let low = 0xffff;
  let high = 0;
  for (const entry of entries) {
    if (entry < low) low = entry;
    if (entry > high) high = entry;
  }
  return [low, high];
}

function lookUp({ firstValue, entries }: LookupTable, value: number): number {
  return entries[Math.max(0, Math.min(entries.length - 1, value - firstValue))]!;
}

function largestMagnitude(values: Int32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
