/** The codestream of the first frame inside encapsulated pixel data (PS3.5 annex A.4). */
import { LabError } from "../errors/labError.ts";
import { joinBytes } from "./joinBytes.ts";
import type { PixelCoding } from "./transferSyntax.ts";

export interface EncapsulatedElement {
  readonly basicOffsetTable?: readonly number[];
  readonly fragments?: readonly {
    readonly offset: number;
    readonly position: number;
    readonly length: number;
  }[];
}

/**
 * Joins the fragments that belong to the first frame: all of them when there is one frame; else up to the second entry
 * of the offset table; without a table, one fragment for RLE and up to the next start-of-image marker otherwise.
 * @throws LabError "file-truncated"
 */
export function firstFrameOf(
  bytes: Uint8Array,
  element: EncapsulatedElement,
  frames: number,
  coding: PixelCoding,
): Uint8Array {
  const fragments = element.fragments ?? [];
  let count = fragments.length;
  if (frames > 1) {
    const secondFrame = element.basicOffsetTable?.[1];
    const next = fragments.findIndex((fragment, i) => {
      if (i === 0) return false;
      if (secondFrame !== undefined) return fragment.offset >= secondFrame;
      return coding === "rle" || startsImage(bytes, fragment.position);
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

function startsImage(bytes: Uint8Array, at: number): boolean {
  const isJpeg = bytes[at] === 0xff && bytes[at + 1] === 0xd8;
  return isJpeg || (bytes[at] === 0xff && bytes[at + 1] === 0x4f);
}
