/**
 * The values of DICOM elements: texts, and numbers in each of the forms that writers give them. dicom-parser reads each
 * number; how many there are, and in which form, is decided here: it reads on into the next element, fails on a value
 * that a text does not have, and takes "1,5" for 1.
 */
import dicomParser from "dicom-parser";
import type { DataSet } from "dicom-parser";
import { isBigEndian } from "./dicomDataSet.ts";

type Reader = (dataSet: DataSet, tag: string, index: number) => number | undefined;

/** Binary numbers by value representation: bytes and how to read them. */
const BINARY: Readonly<Record<string, readonly [bytes: number, read: Reader]>> = {
  US: [2, (dataSet, tag, index) => dataSet.uint16(tag, index)],
  SS: [2, (dataSet, tag, index) => dataSet.int16(tag, index)],
  UL: [4, (dataSet, tag, index) => dataSet.uint32(tag, index)],
  SL: [4, (dataSet, tag, index) => dataSet.int32(tag, index)],
  UV: [8, (dataSet, tag, index) => longWord(dataSet, tag, index)],
  SV: [8, (dataSet, tag, index) => longWord(dataSet, tag, index, true)],
  FL: [4, (dataSet, tag, index) => dataSet.float(tag, index)],
  FD: [8, (dataSet, tag, index) => dataSet.double(tag, index)],
};
const TEXT_NUMBERS = new Set(["DS", "IS"]);
/** Letters are read up to here; longer values belong to no attribute that is read. */
const LONGEST_TEXT = 65_536;

/** Backslash-separated values without the blanks and zero bytes that fill them up; empty when the element is absent. */
export function textsOf(dataSet: DataSet, tag: string): string[] {
  const element = dataSet.elements[tag];
  if (!element) return [];
  const { dataOffset, length } = element;
  const { byteArray } = dataSet;
  const text = dicomParser.readFixedString(byteArray, dataOffset, Math.min(length, LONGEST_TEXT));
  return text.trim() === "" ? [] : text.split("\\").map((value) => value.trim());
}

/**
 * Numbers of any form; where no value representation says otherwise they are texts: NaN for one that is none, undefined
 * for an empty one.
 */
export function decimalsOf(dataSet: DataSet, tag: string): (number | undefined)[] {
  const binary = BINARY[dataSet.elements[tag]?.vr ?? ""];
  if (binary) return binaryNumbers(dataSet, tag, binary);
  return textsOf(dataSet, tag).map((text) => (text === "" ? undefined : Number(text)));
}

/**
 * Integers that are 16-bit words by the dictionary: other forms only where the value representation says so. Signed and
 * unsigned words both come back as 0 to 65,535, because which of the two holds is decided by other attributes.
 */
export function wordsOf(dataSet: DataSet, tag: string): number[] {
  const vr = dataSet.elements[tag]?.vr ?? "";
  if (TEXT_NUMBERS.has(vr)) {
    return decimalsOf(dataSet, tag).map((value) => Math.trunc(value ?? 0) & 0xffff);
  }
  const binary = BINARY[vr];
  return binaryNumbers(dataSet, tag, binary && binary[0] !== 2 ? binary : BINARY["US"]!);
}

/** A 64-bit integer, which dicom-parser does not know; nothing is lost up to 2^53. */
export function longWord(dataSet: DataSet, tag: string, index: number, isSigned = false): number {
  const element = dataSet.elements[tag];
  const isHighFirst = element !== undefined && isBigEndian(dataSet, element);
  const [lowAt, highAt] = isHighFirst ? [2 * index + 1, 2 * index] : [2 * index, 2 * index + 1];
  const high = isSigned ? dataSet.int32(tag, highAt) : dataSet.uint32(tag, highAt);
  return (high ?? 0) * 2 ** 32 + (dataSet.uint32(tag, lowAt) ?? 0);
}

function binaryNumbers(
  dataSet: DataSet,
  tag: string,
  [size, read]: readonly [bytes: number, read: Reader],
): number[] {
  const count = Math.floor((dataSet.elements[tag]?.length ?? 0) / size);
  return Array.from({ length: count }, (_, i) => read(dataSet, tag, i)!);
}
