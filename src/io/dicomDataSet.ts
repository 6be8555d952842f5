/**
 * The structure of a DICOM data set (PS3.5 section 7). dicom-parser reads headers, items and fragments and holds the
 * result; which of its readers is right at each element is decided here, because writers get much of this wrong and
 * its own walk then loses its way without a word (docs/decisions.md, "Files"). Lenient where the meaning is beyond
 * doubt, strict about lengths.
 */
import dicomParser from "dicom-parser";
import type { ByteArrayParser, ByteStream, DataSet, Element } from "dicom-parser";
import { LabError } from "../errors/labError.ts";

export type { DataSet, Element } from "dicom-parser";

export interface Encoding {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

export const PIXEL_DATA = "x7fe00010";
const ITEM = "xfffee000";
const ITEM_END = "xfffee00d";
const SEQUENCE_END = "xfffee0dd";
const UNDEFINED = 0xffffffff;
/** Radiographs nest three deep; structured reports ten. */
const DEEPEST = 64;

const { littleEndianByteArrayParser, bigEndianByteArrayParser } = dicomParser;
type Elements = Record<string, Element>;
/** The types of dicom-parser declare the interface of its data sets only. */
const { DataSet: ParsedDataSet } = dicomParser as typeof dicomParser & {
  DataSet: new (parser: ByteArrayParser, bytes: Uint8Array, elements: Elements) => DataSet;
};

/** Value representations with a 32-bit length (PS3.5 table 7.1-1), and those with a 16-bit one. */
const LONG_FORM = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));
const SHORT_FORM = new Set(
  "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(" "),
);
/** Those that came after dicom-parser: it takes them for the short form. */
const LONG_FORM_UNKNOWN_TO_PARSER = new Set(["OV", "SV", "UV"]);

const CAPITALS = /^[A-Z]{2}$/;

/** An element reaches beyond the bytes there are. */
export class ElementBeyondEnd extends Error {
  readonly element: Element;
  readonly isNested: boolean;

  constructor(element: Element, isNested: boolean) {
    super("a DICOM element is longer than the file");
    this.element = element;
    this.isNested = isNested;
  }
}

export interface Structure {
  readonly dataSet: DataSet;
  /** The element that the bytes end in; those before it are in the data set. */
  readonly beyondEnd?: ElementBeyondEnd;
  /** True when the bytes end within the tag and length of an element. */
  readonly endsInHeader: boolean;
}

/**
 * The data set from `start` to the end of the bytes. Rubbish behind whole pixel data (padding to a block size) is common
 * and harms nothing. An element that stands twice counts the first time; dicom-parser would take the last.
 * @throws LabError "file-damaged"
 */
export function readDataSet(bytes: Uint8Array, start: number, encoding: Encoding): Structure {
  const parser = encoding.littleEndian ? littleEndianByteArrayParser : bigEndianByteArrayParser;
  const elements: Elements = {};
  const dataSet = new ParsedDataSet(parser, bytes, elements);
  if (start + 8 > bytes.length) return { dataSet, endsInHeader: start < bytes.length };
  const stream = streamAt(parser, bytes, start);
  try {
    while (stream.position + 8 <= bytes.length) {
      const element = readElement(stream, encoding.explicit);
      elements[element.tag] ??= element;
    }
  } catch (error) {
    const isWhole = elements[PIXEL_DATA] !== undefined;
    if (!isWhole && !(error instanceof ElementBeyondEnd)) throw error;
    if (!isWhole) return { dataSet, endsInHeader: false, beyondEnd: error as ElementBeyondEnd };
  }
  return { dataSet, endsInHeader: stream.position < bytes.length };
}

/**
 * The items of a sequence, whatever its value representation: a known sequence may be stored as UN.
 * @throws LabError "file-damaged"
 */
export function itemsOf(dataSet: DataSet, tag: string): DataSet[] {
  const element = dataSet.elements[tag];
  if (!element) return [];
  const bytes = dataSet.byteArray as Uint8Array;
  const parser = element.parser ?? dataSet.byteArrayParser;
  const end = element.dataOffset + element.length;
  const explicit = element.vr !== undefined && element.vr !== "UN";
  try {
    const items =
      element.items ??
      readItems(streamAt(parser, bytes, element.dataOffset), { explicit, end, depth: 1 });
    return items.map(({ dataOffset, length }) => {
      const encoding = {
        explicit: isExplicitAt(bytes, dataOffset, explicit),
        littleEndian: parser === littleEndianByteArrayParser,
      };
      const item = readDataSet(bytes.subarray(0, dataOffset + length), dataOffset, encoding);
      if (item.beyondEnd) throw item.beyondEnd;
      return item.dataSet;
    });
  } catch (error) {
    if (!(error instanceof ElementBeyondEnd)) throw error;
    throw damagedStructure("an element is longer than its item");
  }
}

export function isBigEndian(dataSet: DataSet, element: Element): boolean {
  return (element.parser ?? dataSet.byteArrayParser) === bigEndianByteArrayParser;
}

/**
 * How the data set at `start` is written. Writers contradict their own transfer syntax, so the first element decides:
 * a known value representation is not the low half of any length that an opening element could have.
 */
export function encodingAt(bytes: Uint8Array, start: number, stated: Encoding): Encoding {
  if (start + 8 > bytes.length) return stated;
  const group = littleEndianByteArrayParser.readUint16(bytes, start);
  const exchanged = bigEndianByteArrayParser.readUint16(bytes, start);
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

/** dicom-parser refuses to make a stream at the very end of the bytes. */
export function streamAt(parser: ByteArrayParser, bytes: Uint8Array, position: number): ByteStream {
  const stream = new dicomParser.ByteStream(parser, bytes, 0);
  stream.position = position;
  return stream;
}

function tagAt(stream: ByteStream, position: number): string {
  return dicomParser.readTag(
    streamAt(stream.byteArrayParser, stream.byteArray as Uint8Array, position),
  );
}

/**
 * Reads the element at the stream's position and leaves the stream behind it. At least 8 bytes must be left.
 * @throws ElementBeyondEnd, LabError "file-damaged"
 */
export function readElement(stream: ByteStream, explicit: boolean, depth = 0): Element {
  const element = readHeader(stream, explicit, depth);
  const { tag, vr, length } = element;
  // A delimiter that closes nothing (its sequence had a length, too) has no value, whatever length it states.
  if (tag === ITEM_END || tag === SEQUENCE_END) return element;
  // dicom-parser reads UN in the byte order of the file; it is little-endian (PS3.5 6.2.2).
  if (vr === "UN") element.parser = littleEndianByteArrayParser;
  if (length !== UNDEFINED) {
    if (stream.position + length > stream.byteArray.length) {
      throw new ElementBeyondEnd(element, depth > 0);
    }
    stream.seek(length);
  } else if (tag === PIXEL_DATA || vr === "OB" || vr === "OW") {
    readFragments(stream, element, depth);
  } else {
    const inside = streamAt(
      element.parser ?? stream.byteArrayParser,
      stream.byteArray as Uint8Array,
      stream.position,
    );
    element.items = readItems(inside, { explicit: explicit && vr !== "UN", depth: depth + 1 });
    stream.position = inside.position;
    element.length = stream.position - element.dataOffset;
  }
  return element;
}

/** Tag, value representation and length. Asked for nothing beyond this tag, dicom-parser reads no value. */
function readHeader(stream: ByteStream, explicit: boolean, depth: number): Element {
  const at = stream.position;
  const bytes = stream.byteArray as Uint8Array;
  const tag = tagAt(stream, at);
  const vr = vrAt(bytes, at);
  // Single elements in implicit form occur within explicit data sets: two capitals tell. dicom-parser reads the low half
  // of their length as a value representation, and delimiters and items likewise.
  const isExplicit = explicit && !tag.startsWith("xfffe") && CAPITALS.test(vr);
  if (!isExplicit) return dicomParser.readDicomElementImplicit(stream, tag);
  if (!isShortForm(vr) && at + 12 > bytes.length) {
    throw new ElementBeyondEnd({ tag, vr, dataOffset: at + 12, length: 0 }, depth > 0);
  }
  const element = dicomParser.readDicomElementExplicit(stream, [], tag);
  if (LONG_FORM_UNKNOWN_TO_PARSER.has(vr)) {
    element.length = stream.readUint32();
    element.dataOffset = stream.position;
  }
  return element;
}

interface SequenceForm {
  readonly explicit: boolean;
  readonly depth: number;
  /** Where a sequence with a length ends. */
  readonly end?: number;
}

/**
 * The items at the stream's position, up to the sequence's delimiter or end. dicom-parser's own reader of sequences takes
 * the items of UN for implicit ones, believes lengths that delimiters state, and closes at the end of the file what is
 * open there; so it reads only the head of each item here.
 */
function readItems(stream: ByteStream, { explicit, depth, end }: SequenceForm): Element[] {
  if (depth > DEEPEST) {
    throw new LabError("file-damaged", "The DICOM structure is nested too deeply.");
  }
  const bytes = stream.byteArray as Uint8Array;
  const items: Element[] = [];
  while (stream.position + 8 <= (end ?? bytes.length)) {
    const tag = tagAt(stream, stream.position);
    if (tag === SEQUENCE_END) {
      stream.seek(8);
      return items;
    }
    if (tag !== ITEM) throw damagedStructure("a sequence holds something that is no item");
    const item = dicomParser.readSequenceItem(stream);
    if (item.length === UNDEFINED) {
      // Items are written like their parent, except that what writers put into UN may be either.
      const inside = isExplicitAt(bytes, item.dataOffset, explicit);
      item.length = skipOpenItem(stream, inside, depth) - item.dataOffset;
    } else {
      stream.seek(item.length);
    }
    if (end !== undefined && stream.position > end) {
      throw damagedStructure("an item is longer than its sequence");
    }
    items.push(item);
  }
  if (end === undefined) throw damagedStructure("a sequence never ends");
  return items;
}

/** Where the value of an item without a length ends; the stream is left behind its delimiter. */
function skipOpenItem(stream: ByteStream, explicit: boolean, depth: number): number {
  while (stream.position + 8 <= stream.byteArray.length) {
    const at = stream.position;
    if (readElement(stream, explicit, depth).tag === ITEM_END) return at;
  }
  throw damagedStructure("a sequence never ends");
}

/**
 * The items of encapsulated pixel data (PS3.5 annex A.4), always little-endian; anything else ends them. dicom-parser
 * finds them, but takes what follows a missing delimiter for one more, skips what a delimiter states as its length, and
 * stops with a bare text where the bytes end; what it found until then stands in the element.
 */
function readFragments(stream: ByteStream, element: Element, depth: number): void {
  const bytes = stream.byteArray as Uint8Array;
  const inside = streamAt(littleEndianByteArrayParser, bytes, stream.position);
  try {
    dicomParser.findEndOfEncapsulatedElement(inside, element, []);
  } catch {
    element.basicOffsetTable ??= [];
    element.fragments ??= [];
  }
  const isTag = (tag: string, at: number) => at + 8 <= bytes.length && tagAt(inside, at) === tag;
  element.fragments = element.fragments?.filter(({ position }) => isTag(ITEM, position - 8)) ?? [];
  const { dataOffset } = element;
  const tableEnd = isTag(ITEM, dataOffset)
    ? dataOffset + 8 + littleEndianByteArrayParser.readUint32(bytes, dataOffset + 4)
    : dataOffset;
  const last = element.fragments.at(-1);
  const end = last ? last.position + last.length : tableEnd;
  element.length = end - dataOffset;
  if (end > bytes.length) throw new ElementBeyondEnd(element, depth > 0);
  stream.position = isTag(SEQUENCE_END, end) ? end + 8 : end;
}

export function damagedStructure(what: string): LabError {
  return new LabError("file-damaged", `The DICOM structure is damaged (${what}).`, {
    hint: "Copy or export the file again.",
  });
}
