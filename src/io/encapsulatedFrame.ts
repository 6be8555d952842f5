/** The codestream of the first frame inside encapsulated pixel data (PS3.5 annex A.4). */
import { LabError } from "../errors/labError.ts";
import type { DataSet, DicomElement } from "./dicomDataSet.ts";
import { joinBytes } from "./joinBytes.ts";
import type { PixelCoding } from "./transferSyntax.ts";

const EXTENDED_OFFSET_TABLE = 0x7fe00001;

/**
 * Joins the fragments that belong to the first frame: all of them when there is one frame; one when there are as many as
 * frames; else those before the second entry of an offset table; without a table, one fragment for RLE and up to the
 * next start of an image otherwise.
 * @throws LabError "file-truncated"
 */
export function firstFrameOf(
  dataSet: DataSet,
  element: DicomElement,
  { frames }: { readonly frames: number },
  coding: PixelCoding,
): Uint8Array {
  const { bytes } = dataSet;
  const fragments = element.fragments ?? [];
  let count = fragments.length;
  if (frames === count) {
    count = 1;
  } else if (frames > 1) {
    const second = element.offsetTable?.[1] ?? extendedOffset(dataSet, 1);
    const next = fragments.findIndex(({ offset, start }, i) => {
      if (i === 0) return false;
      if (second !== undefined) return offset >= second;
      return coding === "rle" || startsImage(bytes, start);
    });
    if (next > 0) count = next;
  }
  const parts = fragments
    .slice(0, count)
    .map(({ start, length }) => bytes.subarray(start, start + length));
  const frame = joinBytes(parts);
  if (frame.length === 0) {
    throw new LabError("file-truncated", "The image data is cut off (0% present). Not shown.", {
      hint: "Copy or export the file again.",
    });
  }
  return frame;
}

/** One 64-bit little-endian entry of the Extended Offset Table (PS3.3 C.7.6.3.1.8). */
function extendedOffset(dataSet: DataSet, index: number): number | undefined {
  const table = dataSet.get(EXTENDED_OFFSET_TABLE);
  if (!table || table.length < 8 * (index + 1)) return undefined;
  const { bytes } = dataSet;
  const view = new DataView(bytes.buffer, bytes.byteOffset + table.start, table.length);
  return Number(view.getBigUint64(8 * index, true));
}

/** JPEG and JPEG-LS, JPEG 2000, and the file format that wraps JPEG 2000. */
const IMAGE_STARTS: readonly (readonly number[])[] = [
  [0xff, 0xd8],
  [0xff, 0x4f, 0xff, 0x51],
  [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20],
];

function startsImage(bytes: Uint8Array, at: number): boolean {
  return IMAGE_STARTS.some((start) => start.every((byte, i) => bytes[at + i] === byte));
}
