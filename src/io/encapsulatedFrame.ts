/** The codestream of one frame inside encapsulated pixel data (PS3.5 annex A.4). */
import { LabError } from "../errors/labError.ts";
import type { DataSet, Element } from "./dicomDataSet.ts";
import { longWord } from "./dicomValues.ts";
import { joinBytes } from "./joinBytes.ts";
import type { PixelCoding } from "./transferSyntax.ts";

const EXTENDED_OFFSET_TABLE = "x7fe00001";

export function noSuchFrame(wanted: number, frames: number): LabError {
  return new LabError(
    "file-no-image",
    `There is no picture ${wanted + 1} in this file: it holds ${frames === 1 ? "one" : frames}.`,
  );
}

/**
 * Joins the fragments that belong to one frame: all of them when there is one frame; one when there are as many as frames; else
 * those between its entry of an offset table and the next; without a table, one fragment for RLE and up to the next start of an
 * image otherwise.
 * @throws LabError "file-truncated"
 */
export function frameOf(
  dataSet: DataSet,
  element: Element,
  of: { readonly frames: number; readonly wanted: number; readonly coding: PixelCoding },
): Uint8Array {
  const { frames, wanted, coding } = of;
  const bytes = dataSet.byteArray as Uint8Array;
  const fragments = element.fragments ?? [];
  /** Index of a frame's first fragment; undefined where the file does not get so far. */
  const startOf = (frame: number): number | undefined => {
    if (frame === 0) return 0;
    if (frames === fragments.length) return frame;
    const offset = element.basicOffsetTable?.[frame] ?? extendedOffset(dataSet, frame);
    const starts = fragments.flatMap(({ offset: at, position }, i) => {
      if (i === 0) return [];
      return (
        offset === undefined ? coding === "rle" || startsImage(bytes, position) : at >= offset
      )
        ? [i]
        : [];
    });
    return starts[offset === undefined ? frame - 1 : 0];
  };
  const end = frames > 1 ? startOf(wanted + 1) : undefined;
  const parts = fragments
    .slice(startOf(wanted) ?? fragments.length, end)
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
