/** The head of a DICOM file: preamble, "DICM" and the file meta group (PS3.10 section 7.1), which says how the rest is written. */
import dicomParser from "dicom-parser";
import { LabError } from "../errors/labError.ts";
import { ElementBeyondEnd, readElement, streamAt } from "./dicomDataSet.ts";

const PREAMBLE_BYTES = 132;
const TRANSFER_SYNTAX = "x00020010";

export interface FileMeta {
  /** The transfer syntax; undefined where the file states none. */
  readonly uid: string | undefined;
  readonly dataSetStart: number;
}

/**
 * The group should be explicit little-endian; implicit ones are written too, and a value representation tells which:
 * dicom-parser's own reader of the head misreads those, and tries the first bytes behind the group, deflated or not, as
 * one more explicit element. The group's own length is not trusted.
 * @throws LabError "file-truncated"
 */
export function readFileMeta(file: Uint8Array): FileMeta {
  const { readUint16 } = dicomParser.littleEndianByteArrayParser;
  const stream = streamAt(dicomParser.littleEndianByteArrayParser, file, PREAMBLE_BYTES);
  let uid: string | undefined;
  while (stream.position + 8 <= file.length && readUint16(file, stream.position) === 2) {
    const { tag, dataOffset, length } = readMetaElement(stream);
    if (tag !== TRANSFER_SYNTAX) continue;
    uid = textOf(file.subarray(dataOffset, dataOffset + Math.min(length, 64)));
  }
  if (stream.position + 8 > file.length && uid === undefined) throw headerCutOff();
  return { uid, dataSetStart: stream.position };
}

function readMetaElement(stream: dicomParser.ByteStream): dicomParser.Element {
  try {
    return readElement(stream, true);
  } catch (error) {
    throw error instanceof ElementBeyondEnd ? headerCutOff() : error;
  }
}

/** Puts preamble, "DICM" and, where there is none, a file meta group in front of a bare data set. */
export function withPreamble(bare: Uint8Array): Uint8Array {
  const out = new Uint8Array(PREAMBLE_BYTES + bare.length);
  out.set([0x44, 0x49, 0x43, 0x4d], 128);
  out.set(bare, PREAMBLE_BYTES);
  return out;
}

export function headerCutOff(): LabError {
  return new LabError("file-truncated", "The DICOM header is cut off.", {
    hint: "Copy or export the file again.",
  });
}

/** All letters: dicom-parser stops at a zero byte, and would take a damaged name for the one it begins with. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes).replace(/[\0 ]+$/, "");
}
