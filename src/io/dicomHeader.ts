/**
 * The header of a DICOM file as rows to read, for the reader of the file alone. Whatever may tell whose film it is or where it was
 * taken comes without its value until the reader asks: names, dates, numbers of people and studies, free text, private and unknown
 * elements. What is told at once is a list of technical attributes, so that an element nobody thought of is hidden.
 */
import dictionary from "./dicomDictionary.json" with { type: "json" };
import { structureOf } from "./dicom.ts";
import { itemsOf } from "./dicomDataSet.ts";
import type { DataSet } from "./dicomDataSet.ts";
import { withPreamble } from "./dicomFileMeta.ts";
import { decimalsOf, textsOf } from "./dicomValues.ts";
import { sniffFormat } from "./sniff.ts";

export interface HeaderRow {
  /** "0028,0010". */
  readonly tag: string;
  /** How many sequences it lies in. */
  readonly depth: number;
  /** Empty where it is in no list of names. */
  readonly name: string;
  /** Value representation, such as "DS". */
  readonly vr: string;
  /** Null while it is hidden. */
  readonly value: string | null;
}

/** Tag, value representation and name, and 1 where the value tells nothing of a person or place. */
const DICTIONARY = dictionary as Readonly<Record<string, readonly (string | number)[] | undefined>>;

const NUMBERS = new Set("US SS UL SL UV SV FL FD DS IS".split(" "));
const BYTES = new Set("OB OD OF OL OV OW UN".split(" "));
/** Registered ones say what an object is; any other was made for one study. */
const STANDARD_UID = /^1\.2\.840\.10008\.[\d.]+$/;
const MOST_NUMBERS = 8;
const MOST_LETTERS = 240;
/** Items of one sequence, and rows in all: files of many frames have thousands of either. */
const MOST_ITEMS = 12;
const MOST_ROWS = 3000;
const DEEPEST = 5;

/** @throws LabError with a file-* code */
export function headerOf(file: Uint8Array, isRevealed: boolean): readonly HeaderRow[] {
  const format = sniffFormat(file);
  if (format !== "dicom" && format !== "dicom-without-preamble") return [];
  const { transferSyntax, structure } = structureOf(format === "dicom" ? file : withPreamble(file));
  const { dataSet } = structure;
  const letters = new TextDecoder(charsetOf(textsOf(dataSet, "x00080005")));
  const stated = `${transferSyntax.uid} (${transferSyntax.name})`;
  const rows: HeaderRow[] = [{ ...rowAt("00020010", 0, "UI"), value: stated }];
  addRows(rows, dataSet, { depth: 0, letters, isRevealed });
  return rows;
}

interface Reading {
  readonly depth: number;
  readonly letters: TextDecoder;
  readonly isRevealed: boolean;
}

function addRows(rows: HeaderRow[], dataSet: DataSet, reading: Reading): void {
  for (const key of Object.keys(dataSet.elements).toSorted()) {
    if (rows.length >= MOST_ROWS) return;
    const tag = key.slice(1);
    const [known] = DICTIONARY[tag] ?? [];
    const { vr = String(known ?? "UN") } = dataSet.elements[key]!;
    const row = rowAt(tag, reading.depth, vr === "UN" && known ? String(known) : vr);
    if (row.vr === "SQ") {
      addItems(rows, row, itemsOf(dataSet, key), reading);
    } else {
      const value = valueText(dataSet, key, row.vr, reading.letters);
      rows.push({ ...row, value: reading.isRevealed || isTold(tag, row.vr, value) ? value : null });
    }
  }
}

function addItems(
  rows: HeaderRow[],
  row: Omit<HeaderRow, "value">,
  items: readonly DataSet[],
  reading: Reading,
): void {
  rows.push({ ...row, value: `${items.length} ${items.length === 1 ? "item" : "items"}` });
  if (reading.depth >= DEEPEST) return;
  for (const item of items.slice(0, MOST_ITEMS)) {
    addRows(rows, item, { ...reading, depth: reading.depth + 1 });
  }
}

function rowAt(tag: string, depth: number, vr: string): Omit<HeaderRow, "value"> {
  const name = String(DICTIONARY[tag]?.[1] ?? "");
  return { tag: `${tag.slice(0, 4)},${tag.slice(4)}`.toUpperCase(), depth, name, vr };
}

function isTold(tag: string, vr: string, value: string): boolean {
  if (vr === "UI") return STANDARD_UID.test(value);
  // How many bytes there are tells nobody's name.
  return DICTIONARY[tag]?.[2] === 1 || (BYTES.has(vr) && DICTIONARY[tag] !== undefined);
}

function valueText(dataSet: DataSet, key: string, vr: string, letters: TextDecoder): string {
  const { length, dataOffset, fragments } = dataSet.elements[key]!;
  if (fragments) return `${fragments.length} compressed parts, ${length} bytes`;
  if (NUMBERS.has(vr)) return numbersText(dataSet, key, vr);
  if (vr === "AT") return tagsText(dataSet, key);
  const bytes = (dataSet.byteArray as Uint8Array).subarray(dataOffset, dataOffset + length);
  if (BYTES.has(vr) && !isText(bytes)) return `${length} bytes`;
  const text = letters.decode(bytes.subarray(0, 4 * MOST_LETTERS)).replace(/[\0 ]+$/, "");
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}

function numbersText(dataSet: DataSet, key: string, vr: string): string {
  // Those written as texts are shown as they stand.
  const values =
    vr === "DS" || vr === "IS" ? textsOf(dataSet, key) : binaryNumbers(dataSet, key, vr);
  const shown = values.slice(0, MOST_NUMBERS).join("\\");
  return values.length > MOST_NUMBERS ? `${shown}\\… (${values.length} values)` : shown;
}

/** In files without value representations the dictionary says how an element is written. */
function binaryNumbers(dataSet: DataSet, key: string, vr: string): readonly unknown[] {
  const element = dataSet.elements[key]!;
  if (element.vr === vr) return decimalsOf(dataSet, key);
  const known = { [key]: { ...element, vr } };
  return decimalsOf(Object.assign(Object.create(dataSet) as DataSet, { elements: known }), key);
}

function tagsText(dataSet: DataSet, key: string): string {
  const { length } = dataSet.elements[key]!;
  const word = (at: number) =>
    (dataSet.uint16(key, at) ?? 0).toString(16).padStart(4, "0").toUpperCase();
  const count = Math.min(MOST_NUMBERS, Math.floor(length / 4));
  return Array.from({ length: count }, (_, i) => `${word(2 * i)},${word(2 * i + 1)}`).join("\\");
}

/** Private elements are often texts in files that do not say so. */
function isText(bytes: Uint8Array): boolean {
  return (
    bytes.length > 0 && bytes.length <= 256 && bytes.every((b) => b === 0 || (b > 31 && b < 127))
  );
}

/** The letters of a file by its Specific Character Set (PS3.3 C.12.1.1.2); several at once are read by the first that is named. */
const CHARSETS: Readonly<Record<string, string>> = {
  "ISO_IR 192": "utf-8",
  "ISO_IR 101": "iso-8859-2",
  "ISO_IR 109": "iso-8859-3",
  "ISO_IR 110": "iso-8859-4",
  "ISO_IR 144": "iso-8859-5",
  "ISO_IR 127": "iso-8859-6",
  "ISO_IR 126": "iso-8859-7",
  "ISO_IR 138": "iso-8859-8",
  "ISO_IR 148": "windows-1254",
  "ISO_IR 166": "windows-874",
  "ISO_IR 13": "shift_jis",
  "ISO 2022 IR 87": "iso-2022-jp",
  "ISO 2022 IR 149": "euc-kr",
  GB18030: "gb18030",
  GBK: "gbk",
};

function charsetOf(stated: readonly string[]): string {
  const known = stated.find((name) => CHARSETS[name] !== undefined);
  return known === undefined ? "windows-1252" : CHARSETS[known]!;
}
