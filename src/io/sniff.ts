/** What a file is, from its first bytes; names and extensions are not looked at. */
import { LabError } from "../errors/labError.ts";

export type ImageFormat = "dicom" | "dicom-without-preamble" | "png" | "jpeg" | "tiff";

const SIGNATURES: readonly {
  readonly format: ImageFormat;
  readonly at: number;
  readonly bytes: readonly number[];
}[] = [
  { format: "dicom", at: 128, bytes: [0x44, 0x49, 0x43, 0x4d] },
  { format: "png", at: 0, bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { format: "jpeg", at: 0, bytes: [0xff, 0xd8, 0xff] },
  { format: "tiff", at: 0, bytes: [0x49, 0x49, 42, 0] },
  { format: "tiff", at: 0, bytes: [0x4d, 0x4d, 0, 42] },
];

/** Formats that people try, named in the refusal so that they know what to do. */
const OTHERS: readonly { readonly name: string; readonly text: string; readonly hint: string }[] = [
  { name: "a ZIP archive", text: "PK\u0003\u0004", hint: "Unpack it and open the images inside." },
  { name: "a gzip archive", text: "\u001f\u008b", hint: "Unpack it and open the image inside." },
  { name: "a PDF document", text: "%PDF", hint: "Export the X-ray itself as DICOM or PNG." },
  { name: "a GIF image", text: "GIF8", hint: "Save it as PNG." },
  { name: "a BigTIFF image", text: "II+\0", hint: "Save it as TIFF or as 16-bit PNG." },
  { name: "a BigTIFF image", text: "MM\0+", hint: "Save it as TIFF or as 16-bit PNG." },
  { name: "a WebP image", text: "RIFF", hint: "Save it as PNG." },
  { name: "a bitmap (BMP) image", text: "BM", hint: "Save it as PNG." },
];

/** @throws LabError "file-empty", "file-unknown-format" */
export function sniffFormat(bytes: Uint8Array): ImageFormat {
  if (bytes.length === 0) throw new LabError("file-empty", "This file is empty.");
  const found = SIGNATURES.find(({ at, bytes: expected }) =>
    expected.every((byte, i) => bytes[at + i] === byte),
  );
  if (found) return found.format;
  if (looksLikeBareDataSet(bytes)) return "dicom-without-preamble";
  const other = OTHERS.find(({ text }) =>
    [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0)),
  );
  const hint = other?.hint ?? "Open a DICOM, PNG, JPEG or TIFF file.";
  const what = other ? ` It looks like ${other.name}.` : "";
  throw new LabError("file-unknown-format", `Not a DICOM, PNG, JPEG or TIFF image.${what}`, {
    hint,
  });
}

/** Old archives leave out preamble and "DICM": the data set starts at once, with group 0002 or 0008. */
function looksLikeBareDataSet(bytes: Uint8Array): boolean {
  if (bytes.length < 132) return false;
  const isBigEndian = bytes[0] === 0 && bytes[1] === 8 && bytes[2] === 0;
  if (isBigEndian) return isCapital(bytes[4]!) && isCapital(bytes[5]!);
  if (bytes[1] !== 0 || (bytes[0] !== 2 && bytes[0] !== 8)) return false;
  const element = bytes[2]! | (bytes[3]! << 8);
  if (element > 0x60) return false;
  const hasVr = isCapital(bytes[4]!) && isCapital(bytes[5]!);
  const implicitLength = bytes[4]! | (bytes[5]! << 8) | (bytes[6]! << 16);
  return hasVr || (bytes[7] === 0 && implicitLength <= 256);
}

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
