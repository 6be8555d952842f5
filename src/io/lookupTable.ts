/** Lookup tables of a file (PS3.3 C.11.1.1 and C.11.2.1.1), in each form that writers give them. */
import type { DataSet } from "./dicomDataSet.ts";
import { textsOf, wordsOf } from "./dicomValues.ts";

/** A lookup table as the file states it: entry i is for the input `firstValue + i`. */
export interface LookupTable {
  readonly firstValue: number;
  /** Bits of an entry, as the descriptor claims; 0 when it claims none. */
  readonly bits: number;
  readonly entries: Uint16Array;
  readonly explanation?: string;
}

/** What can come into a table: values low..high, both included. */
export interface InputRange {
  readonly low: number;
  readonly high: number;
}

const TAG = {
  lutDescriptor: "x00283002",
  lutExplanation: "x00283003",
  lutData: "x00283006",
} as const;

/** The usable tables of a sequence's items; for each other one there is a notice. */
export function readTables(
  items: readonly DataSet[],
  input: InputRange,
  notices: string[],
): LookupTable[] {
  const tables: LookupTable[] = [];
  for (const item of items) {
    const table = readTable(item, input);
    if (table) tables.push(table);
    else notices.push("A lookup table in the file is unusable and was left out.");
  }
  return tables;
}

/** The name of a window or table, without control characters and no longer than the standard's 64 letters. */
export function readLabel(text: string | undefined): string | undefined {
  const label = text?.replace(/[^\x20-\x7e]/g, "").trim();
  return label ? label.slice(0, 64) : undefined;
}

function readTable(item: DataSet, input: InputRange): LookupTable | undefined {
  const [stated, first, bits] = wordsOf(item, TAG.lutDescriptor);
  if (stated === undefined || first === undefined || bits === undefined) return undefined;
  // A 16-bit count can't say 65,536; it says 0.
  const count = stated === 0 ? 65_536 : stated;
  const entries = readEntries(item, count, bits);
  if (!entries) return undefined;
  const explanation = readLabel(textsOf(item, TAG.lutExplanation)[0]);
  return {
    firstValue: firstValueOf(first, { vr: item.elements[TAG.lutDescriptor]?.vr, count, input }),
    bits,
    entries,
    ...(explanation ? { explanation } : {}),
  };
}

/** Words, or bytes two to a word (the first one low) where there is no room for words. */
function readEntries(item: DataSet, count: number, bits: number): Uint16Array | undefined {
  const element = item.elements[TAG.lutData];
  if (!element) return undefined;
  const words = wordsOf(item, TAG.lutData);
  const isPacked = bits <= 8 && words.length < count;
  if (words.length < (isPacked ? Math.ceil(count / 2) : count)) return undefined;
  if (!isPacked) return Uint16Array.from({ length: count }, (_, i) => words[i]!);
  const bytes = item.byteArray.subarray(element.dataOffset);
  return Uint16Array.from({ length: count }, (_, i) => {
    if (element.vr === "OB") return bytes[i]!;
    return i % 2 === 0 ? words[i >> 1]! & 0xff : words[i >> 1]! >> 8;
  });
}

/**
 * The first input as a signed or unsigned word: as its value representation says; where there is none, signed when the
 * inputs may be (PS3.3 C.11.1.1, C.11.2.1.1). A statement that leaves the whole table outside of the inputs is not
 * believed when the other reading doesn't.
 */
function firstValueOf(
  word: number,
  table: { readonly vr: string | undefined; readonly count: number; readonly input: InputRange },
): number {
  const { vr, count, input } = table;
  const isSigned = vr === "SS" || (vr !== "US" && input.low < 0);
  const asSigned = (word << 16) >> 16;
  const asUnsigned = word & 0xffff;
  const meets = (first: number) => first <= input.high && first + count - 1 >= input.low;
  const [stated, other] = isSigned ? [asSigned, asUnsigned] : [asUnsigned, asSigned];
  return meets(other) && !meets(stated) ? other : stated;
}
