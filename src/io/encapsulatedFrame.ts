/** The codestream of the first frame inside encapsulated pixel data (PS3.5 annex A.4). */
import { LabError } from "../errors/labError.ts";
import type { DataSet, Element } from "./dicomDataSet.ts";
import { longWord } from "./dicomValues.ts";
import { joinBytes } from "./joinBytes.ts";
import type { PixelCoding } from "./transferSyntax.ts";

const EXTENDED_OFFSET_TABLE = "x7fe00001";

/**
 * Joins the fragments that belong to the first frame: all of them when there is one frame; one when there are as many as
 * frames; else those before the second entry of an offset table; without a table, one fragment for RLE and up to the
 * next start of an image otherwise.
 * @throws LabError "file-truncated"
 */
export function firstFrameOf(
  dataSet: DataSet,
  element: Element,
  { frames }: { readonly frames: number },
  coding: PixelCoding,
): Uint8Array {
  const bytes = dataSet.byteArray as Uint8Array;
  const fragments = element.fragments ?? [];
  let count = fragments.length;
  if (frames === count) {
    count = 1;
  } else if (frames > 1) {
    const second = element.basicOffsetTable?.[1] ?? extendedOffset(dataSet, 1);
    const next = fragments.findIndex(({ offset, position }, i) => {
      if (i === 0) return false;
      if (second !== undefined) return offset >= second;
      return coding === "rle" || startsImage(bytes, position);
    });
    if (next > 0) count = next;
  }
  const parts = fragments
    .slice(0, count)
    .map(({ position, length }) => bytes.subarray(position, position + length));
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
  const length = dataSet.elements[EXTENDED_OFFSET_TABLE]?.length ?? 0;
  return length < 8 * (index + 1) ? undefined : longWord(dataSet, EXTENDED_OFFSET_TABLE, index);
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
