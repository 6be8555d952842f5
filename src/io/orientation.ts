/** How a camera or scanner was held (EXIF tag 274, 1 to 8): all that is read of EXIF, which also holds places and dates. */
import { MARKER, segmentsBeforeScan } from "./jpegSegments.ts";

const ORIENTATION = 274;
const SHORT = 3;
const LONG = 4;
const EXIF_HEADER = [0x45, 0x78, 0x69, 0x66, 0, 0];

/** What readers are told when a picture was turned or mirrored. */
export const TURNED_NOTICE =
  "The picture is turned or mirrored as its file says (EXIF orientation).";

export interface Plane {
  readonly rows: number;
  readonly cols: number;
  readonly values: Int32Array;
}

/** The orientation of a JPEG file; 1, upright, where there is none. */
export function jpegOrientation(bytes: Uint8Array): number {
  const exif = segmentsBeforeScan(bytes).find(
    ({ marker, body }) =>
      marker === MARKER.exif && EXIF_HEADER.every((byte, i) => body[i] === byte),
  );
  return exif ? tiffOrientation(exif.body.subarray(EXIF_HEADER.length)) : 1;
}

/** The orientation in the first directory of a TIFF block, in either byte order; 1 where there is none that makes sense. */
export function tiffOrientation(tiff: Uint8Array): number {
  const isLittle = tiff[0] === 0x49 && tiff[1] === 0x49;
  const isBig = tiff[0] === 0x4d && tiff[1] === 0x4d;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (!(isLittle || isBig) || tiff.length < 8) return 1;
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > tiff.length) return 1;
  const count = view.getUint16(directory, isLittle);
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.length) break;
    if (view.getUint16(at, isLittle) !== ORIENTATION) continue;
    const type = view.getUint16(at + 2, isLittle);
    const value =
      type === SHORT
        ? view.getUint16(at + 8, isLittle)
        : type === LONG
          ? view.getUint32(at + 8, isLittle)
          : 1;
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** The plane as it is to be seen. From 5 on rows become columns. */
export function orient({ rows, cols, values }: Plane, orientation: number): Plane {
  if (orientation === 1) return { rows, cols, values };
  const isTurned = orientation >= 5;
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const [outRows, outCols] = isTurned ? [cols, rows] : [rows, cols];
  const out = new Int32Array(values.length);
  for (let y = 0; y < outRows; y++) {
    for (let x = 0; x < outCols; x++) {
      const [row, col] = isTurned ? [x, y] : [y, x];
      const sourceRow = fromBottom ? rows - 1 - row : row;
      const sourceCol = fromRight ? cols - 1 - col : col;
      out[y * outCols + x] = values[sourceRow * cols + sourceCol]!;
    }
  }
  return { rows: outRows, cols: outCols, values: out };
}
