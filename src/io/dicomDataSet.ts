/**
 * The structure of a DICOM data set (PS3.5 section 7): elements, sequences, items and fragments, with their values left
 * where they are. Lenient where the meaning is beyond doubt (writers get much of this wrong), strict about lengths.
 */
import { LabError } from "../errors/labError.ts";
import { decimalsOf, textsOf, wordsOf } from "./dicomValues.ts";

export interface Encoding {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

export interface Fragment {
  /** Of the item's tag, from the first fragment's: what offset tables count. */
  readonly offset: number;
  readonly start: number;
  readonly length: number;
}

export interface DicomElement {
  readonly tag: number;
  /** Absent in implicit encoding. */
  readonly vr: string | undefined;
  /** Position of the value in the bytes of the data set. */
  readonly start: number;
  /** Of the value; with undefined length, up to the delimiter. */
  readonly length: number;
  /** Values written as UN are little-endian whatever the rest is (PS3.5 6.2.2). */
  readonly littleEndian: boolean;
  /** Of a sequence with undefined length; those of others are read when asked for. */
  readonly items?: readonly ItemRange[];
  /** Of encapsulated pixel data; the first item, the offset table, is not among them. */
  readonly fragments?: readonly Fragment[];
  readonly offsetTable?: readonly number[];
}

interface ItemRange {
  readonly start: number;
  readonly end: number;
  readonly encoding: Encoding;
}

export const PIXEL_DATA = 0x7fe00010;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED = 0xffffffff;
/** Radiographs nest three deep; structured reports ten. */
const DEEPEST = 64;

/** Value representations with a 32-bit length (PS3.5 table 7.1-1), and those with a 16-bit one. */
const LONG_FORM = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));
const SHORT_FORM = new Set(
  "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(" "),
);

const CAPITALS = /^[A-Z]{2}$/;

/** An element reaches beyond the bytes there are; what was read before it is told. */
export class ElementBeyondEnd extends Error {
  readonly element: DicomElement;
  readonly isNested: boolean;
  readonly before: DataSet;

  constructor(element: DicomElement, isNested: boolean, before: DataSet) {
    super("a DICOM element is longer than the file");
    this.element = element;
    this.isNested = isNested;
    this.before = before;
  }
}

/** The elements of one data set or item, and the values of those that are asked for. */
export class DataSet {
  readonly bytes: Uint8Array;
  /** True when the bytes end within the tag and length of an element. */
  endsInHeader = false;
  readonly #elements = new Map<number, DicomElement>();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** An element that stands twice counts the first time. */
  add(element: DicomElement): void {
    if (!this.#elements.has(element.tag)) this.#elements.set(element.tag, element);
  }

  get(tag: number): DicomElement | undefined {
    return this.#elements.get(tag);
  }

  /** The values of a text, without padding; empty when the element is absent. */
  texts(tag: number): string[] {
    const element = this.get(tag);
    return element ? textsOf(this.bytes, element) : [];
  }

  /** Numbers, whether written as text or binary: NaN for a text that is none, undefined for an empty one. */
  decimals(tag: number): (number | undefined)[] {
    const element = this.get(tag);
    return element ? decimalsOf(this.bytes, element) : [];
  }

  /** The value as unsigned 16-bit words, unless its value representation says another kind of number. */
  words(tag: number): ArrayLike<number> {
    const element = this.get(tag);
    return element ? wordsOf(this.bytes, element) : [];
  }

  /** The items of a sequence, whatever its value representation: a known sequence may be stored as UN. */
  items(tag: number): DataSet[] {
    const element = this.get(tag);
    if (!element) return [];
    const ranges = element.items ?? itemRanges(this.bytes, element);
    return ranges.map((range) => readItem(this.bytes, range));
  }
}

function readItem(bytes: Uint8Array, { start, end, encoding }: ItemRange): DataSet {
  try {
    return readDataSet(bytes.subarray(0, end), start, encoding);
  } catch (error) {
    if (!(error instanceof ElementBeyondEnd)) throw error;
    throw damagedStructure("an element is longer than its item");
  }
}

/**
 * The data set that starts at `start` and ends with the bytes. Rubbish behind whole pixel data (padding to a block size)
 * is common and harms nothing.
 * @throws ElementBeyondEnd, LabError "file-damaged"
 */
export function readDataSet(bytes: Uint8Array, start: number, encoding: Encoding): DataSet {
  const dataSet = new DataSet(bytes);
  const walk = new Walk(bytes, dataSet);
  let at = start;
  try {
    while (at + 8 <= bytes.length) at = walk.element(at, encoding, 0);
  } catch (error) {
    if (!dataSet.get(PIXEL_DATA)) throw error;
  }
  dataSet.endsInHeader = at < bytes.length;
  return dataSet;
}

/**
 * How the data set at `start` is written. Writers contradict their own transfer syntax, so the first element decides:
 * a known value representation is not the low half of any length that an opening element could have.
 */
export function encodingAt(bytes: Uint8Array, start: number, stated: Encoding): Encoding {
  if (start + 8 > bytes.length) return stated;
  const group = bytes[start]! | (bytes[start + 1]! << 8);
  const exchanged = bytes[start + 1]! | (bytes[start]! << 8);
  // Data sets open with a group below 256, which is one in one byte order only.
  const isTurned = (stated.littleEndian ? group : exchanged) > 0xff;
  const isLowTurned = (stated.littleEndian ? exchanged : group) <= 0xff;
  const littleEndian = stated.littleEndian !== (isTurned && isLowTurned);
  return { explicit: isExplicitAt(bytes, start, stated.explicit), littleEndian };
}

function isExplicitAt(bytes: Uint8Array, at: number, isStated: boolean): boolean {
  const vr = vrAt(bytes, at);
  return LONG_FORM.has(vr) || SHORT_FORM.has(vr) || (isStated && CAPITALS.test(vr));
}

function vrAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at + 4] ?? 0, bytes[at + 5] ?? 0);
}

/** True for a value representation whose length has 16 bits. */
export function isShortForm(vr: string | undefined): boolean {
  return vr !== undefined && !LONG_FORM.has(vr);
}

/** One pass over the bytes; elements of the outermost level go to `dataSet`. */
class Walk {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #dataSet: DataSet;

  constructor(bytes: Uint8Array, dataSet: DataSet) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#dataSet = dataSet;
  }

  /** Reads the element at `at`; the position behind it. */
  element(at: number, encoding: Encoding, depth: number): number {
    const header = this.#header(at, encoding);
    const { tag, vr, start, length } = header;
    // A delimiter that closes nothing: its sequence had a length, too.
    if (tag === ITEM_END || tag === SEQUENCE_END) return start;
    const littleEndian = encoding.littleEndian || vr === "UN";
    const element: DicomElement = { tag, vr, start, length, littleEndian };
    if (length !== UNDEFINED) {
      if (start + length > this.#bytes.length) {
        throw new ElementBeyondEnd(element, depth > 0, this.#dataSet);
      }
      if (depth === 0) this.#dataSet.add(element);
      return start + length;
    }
    if (tag === PIXEL_DATA || vr === "OB" || vr === "OW") {
      return this.#fragments(element, depth);
    }
    const items: ItemRange[] = [];
    const content = vr === "UN" ? { explicit: false, littleEndian: true } : encoding;
    const end = this.#openSequence(start, content, depth + 1, items);
    if (depth === 0) this.#dataSet.add({ ...element, length: end - start, items });
    return end;
  }

  #header(
    at: number,
    { explicit, littleEndian }: Encoding,
  ): { tag: number; vr: string | undefined; start: number; length: number } {
    const view = this.#view;
    const tag = this.#tag(at, littleEndian);
    const vr = vrAt(this.#bytes, at);
    // Single elements in implicit form occur within explicit data sets: two capitals tell.
    const isExplicit = explicit && tag >>> 16 !== 0xfffe && CAPITALS.test(vr);
    if (!isExplicit) {
      const length = view.getUint32(at + 4, littleEndian);
      return { tag, vr: undefined, start: at + 8, length };
    }
    if (!LONG_FORM.has(vr)) {
      return { tag, vr, start: at + 8, length: view.getUint16(at + 6, littleEndian) };
    }
    const start = at + 12;
    const length = start <= view.byteLength ? view.getUint32(at + 8, littleEndian) : 0;
    return { tag, vr, start, length };
  }

  #tag(at: number, littleEndian: boolean): number {
    const view = this.#view;
    return view.getUint16(at, littleEndian) * 65_536 + view.getUint16(at + 2, littleEndian);
  }

  /** Items up to the delimiter; the position behind it. Delimiters have no value, whatever length they state. */
  #openSequence(start: number, encoding: Encoding, depth: number, items: ItemRange[]): number {
    if (depth > DEEPEST) {
      throw new LabError("file-damaged", "The DICOM structure is nested too deeply.");
    }
    for (let at = start; at + 8 <= this.#bytes.length;) {
      const tag = this.#tag(at, encoding.littleEndian);
      if (tag === SEQUENCE_END) return at + 8;
      if (tag !== ITEM) throw damagedStructure("a sequence holds something that is no item");
      const length = this.#view.getUint32(at + 4, encoding.littleEndian);
      const first = at + 8;
      const inside = itemEncoding(this.#bytes, first, encoding);
      at = length === UNDEFINED ? this.#openItem(first, inside, depth) : first + length;
      const end = length === UNDEFINED ? at - 8 : at;
      items.push({ start: first, end, encoding: inside });
    }
    throw damagedStructure("a sequence never ends");
  }

  #openItem(start: number, encoding: Encoding, depth: number): number {
    for (let at = start; at + 8 <= this.#bytes.length;) {
      if (this.#tag(at, encoding.littleEndian) === ITEM_END) return at + 8;
      at = this.element(at, encoding, depth);
    }
    throw damagedStructure("a sequence never ends");
  }

  /** The items of encapsulated pixel data (PS3.5 annex A.4), always little-endian; anything else ends them. */
  #fragments(element: DicomElement, depth: number): number {
    const fragments: Fragment[] = [];
    let offsetTable: number[] | undefined;
    let firstItem = element.start;
    let at = element.start;
    while (at + 8 <= this.#bytes.length && this.#tag(at, true) === ITEM) {
      const length = this.#view.getUint32(at + 4, true);
      const start = at + 8;
      const isWhole = start + length <= this.#bytes.length;
      if (offsetTable === undefined && isWhole) {
        offsetTable = Array.from({ length: length >> 2 }, (_, i) =>
          this.#view.getUint32(start + 4 * i, true),
        );
        firstItem = start + length;
      } else {
        fragments.push({ offset: at - firstItem, start, length });
      }
      at = start + length;
      if (!isWhole) break;
    }
    const isDelimited = at + 8 <= this.#bytes.length && this.#tag(at, true) === SEQUENCE_END;
    const whole: DicomElement = {
      ...element,
      length: at - element.start,
      fragments,
      offsetTable: offsetTable ?? [],
    };
    if (at > this.#bytes.length) throw new ElementBeyondEnd(whole, depth > 0, this.#dataSet);
    if (depth === 0) this.#dataSet.add(whole);
    return isDelimited ? at + 8 : at;
  }
}

/** Items are written like their parent, except that what writers put into UN may be either. */
function itemEncoding(bytes: Uint8Array, start: number, parent: Encoding): Encoding {
  return { ...parent, explicit: isExplicitAt(bytes, start, parent.explicit) };
}

/** Where the items of a sequence with a length lie. UN holds implicit little-endian items. */
function itemRanges(bytes: Uint8Array, element: DicomElement): ItemRange[] {
  const { start, length, littleEndian } = element;
  const end = start + length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ranges: ItemRange[] = [];
  for (let at = start; at + 8 <= end;) {
    const tag = view.getUint16(at, littleEndian) * 65_536 + view.getUint16(at + 2, littleEndian);
    if (tag === SEQUENCE_END) break;
    if (tag !== ITEM) throw damagedStructure("a sequence holds something that is no item");
    const itemLength = view.getUint32(at + 4, littleEndian);
    const first = at + 8;
    const encoding = itemEncoding(bytes, first, { explicit: false, littleEndian });
    const isOpen = itemLength === UNDEFINED;
    const itemEnd = isOpen
      ? endOfOpenItem(bytes.subarray(0, end), first, encoding)
      : first + itemLength;
    if (itemEnd > end) throw damagedStructure("an item is longer than its sequence");
    ranges.push({ start: first, end: itemEnd, encoding });
    at = isOpen ? itemEnd + 8 : itemEnd;
  }
  return ranges;
}

function endOfOpenItem(bytes: Uint8Array, start: number, encoding: Encoding): number {
  const walk = new Walk(bytes, new DataSet(bytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { littleEndian } = encoding;
  for (let at = start; at + 8 <= bytes.length;) {
    const tag = view.getUint16(at, littleEndian) * 65_536 + view.getUint16(at + 2, littleEndian);
    if (tag === ITEM_END) return at;
    at = walk.element(at, encoding, 1);
  }
  throw damagedStructure("a sequence never ends");
}

export function damagedStructure(what: string): LabError {
  return new LabError("file-damaged", `The DICOM structure is damaged (${what}).`, {
    hint: "Copy or export the file again.",
  });
}
