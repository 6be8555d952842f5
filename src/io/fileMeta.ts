/** The head of a DICOM file: preamble, "DICM" and the file meta group (PS3.10 section 7.1), which says how the rest is written. */
import { LabError } from "../errors/labError.ts";
import { isShortForm } from "./dicomDataSet.ts";

const PREAMBLE_BYTES = 132;

export interface FileMeta {
  /** The transfer syntax; undefined where the file states none. */
  readonly uid: string | undefined;
  readonly dataSetStart: number;
}

/**
 * The group should be explicit little-endian; implicit ones are written too, and a value representation tells which.
 * The group's own length is not trusted.
 * @throws LabError "file-truncated"
 */
export function readFileMeta(file: Uint8Array): FileMeta {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = PREAMBLE_BYTES;
  let uid: string | undefined;
  while (at + 8 <= file.length && view.getUint16(at, true) === 2) {
    const element = view.getUint16(at + 2, true);
    const { start, length } = elementHeader(view, at);
    if (start + length > file.length) throw headerCutOff();
    if (element === 0x10) uid = textOf(file.subarray(start, start + Math.min(length, 64)));
    at = start + length;
  }
  if (at + 8 > file.length && uid === undefined) throw headerCutOff();
  return { uid, dataSetStart: at };
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

function elementHeader(view: DataView, at: number): { start: number; length: number } {
  if (!hasVr(view, at)) return { start: at + 8, length: view.getUint32(at + 4, true) };
  const vr = String.fromCharCode(view.getUint8(at + 4), view.getUint8(at + 5));
  if (isShortForm(vr)) return { start: at + 8, length: view.getUint16(at + 6, true) };
  if (at + 12 > view.byteLength) throw headerCutOff();
  return { start: at + 12, length: view.getUint32(at + 8, true) };
}

function hasVr(view: DataView, at: number): boolean {
  return isCapital(view.getUint8(at + 4)) && isCapital(view.getUint8(at + 5));
}

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes).replace(/[\0 ]+$/, "");
}
