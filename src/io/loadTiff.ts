/**
 * TIFF to radiograph: grey pictures of 8 or 16 bits, one plane. A package unpacks the pixels; what it would get wrong without a
 * word (signed values, a second plane, missing strips, differences within tiles) is refused here before it is asked.
 */
import { decode } from "tiff";
import { LabError } from "../errors/labError.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { fullDepthWindow } from "../image/voi.ts";
import { hashStoredValues } from "./decodeSummary.ts";
import { noSuchFrame } from "./encapsulatedFrame.ts";
import { inflateZlib } from "./inflate.ts";
import { checkImageSize } from "./limits.ts";
import { orient, TURNED_NOTICE } from "./orientation.ts";
import { numbersOf, readDirectories } from "./tiffDirectories.ts";
import type { TiffDirectory } from "./tiffDirectories.ts";

/** TIFF 6.0 tags, by number. */
const TAG = {
  cols: 256,
  rows: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  predictor: 317,
  tileCols: 322,
  tileRows: 323,
  tileOffsets: 324,
  tileBytes: 325,
  sampleFormat: 339,
} as const;

const DEFLATE: readonly number[] = [8, 32946];
const READ: readonly number[] = [1, 5, ...DEFLATE];
const COMPRESSIONS: Readonly<Record<number, string>> = {
  2: "CCITT fax",
  3: "CCITT fax",
  4: "CCITT fax",
  6: "JPEG",
  7: "JPEG",
  32773: "PackBits",
  34712: "JPEG 2000",
  50000: "Zstandard",
};

/** @param frame which picture, from 0. @throws LabError with a file-* code */
export async function loadTiff(bytes: Uint8Array, frame: number): Promise<Radiograph> {
  const directories = readDirectories(bytes);
  const directory = directories[frame];
  if (!directory) throw noSuchFrame(frame, directories.length);
  const { rows, cols, bits } = checked(directory, bytes);
  const values = Int32Array.from(pixelsOf(bytes, directory, frame));
  if (values.length !== rows * cols) throw damaged();
  const [orientation = 1] = numbersOf(directory, TAG.orientation);
  const upright = orient({ rows, cols, values }, orientation);
  const count = directories.length;
  const notices = [
    ...(count > 1
      ? [
          `This file holds ${count} pictures; ${frame === 0 ? "the first" : `number ${frame + 1}`} is shown.`,
        ]
      : []),
    ...(orientation === 1 ? [] : [TURNED_NOTICE]),
  ];
  return {
    ...upright,
    ...(count > 1 ? { frame: { index: frame, count } } : {}),
    bitsStored: bits,
    // Where white is zero, the package has turned the values round already.
    photometric: "MONOCHROME2",
    vois: bits === 8 ? [fullDepthWindow(8)] : [],
    pixelAspect: 1,
    notices,
    source: "tiff",
    rawSha256: await hashStoredValues(upright.values),
  };
}

/** @throws LabError for what is no grey picture of 8 or 16 bits, or does not hold what it says */
function checked(directory: TiffDirectory, bytes: Uint8Array) {
  const one = (tag: number, fallback = 0) => numbersOf(directory, tag)[0] ?? fallback;
  const [rows, cols] = [one(TAG.rows), one(TAG.cols)];
  if (rows < 1 || cols < 1) throw damaged();
  const samples = one(TAG.samples, 1);
  checkImageSize(rows, cols, samples);
  const bits = one(TAG.bits, 1);
  const format = one(TAG.sampleFormat, 1);
  const photometric = one(TAG.photometric, -1);
  const compression = one(TAG.compression, 1);
  const isTiled = directory.fields.has(TAG.tileOffsets);
  const refusal =
    samples !== 1 || photometric > 1
      ? "a colour picture"
      : format !== 1
        ? `${bits}-bit ${format === 3 ? "floating-point" : "signed"} values`
        : bits !== 8 && bits !== 16
          ? `${bits}-bit values`
          : !READ.includes(compression)
            ? `${COMPRESSIONS[compression] ?? `unknown (${compression})`} compression`
            : one(TAG.predictor, 1) > (isTiled ? 1 : 2)
              ? "a prediction of values that is not read here"
              : undefined;
  if (refusal !== undefined) {
    throw new LabError("file-unsupported", `This TIFF holds ${refusal}. Not shown.`, {
      hint: "TIFF opens as one grey plane of 8 or 16 bits, plain, LZW or Deflate. Save it so, or as 16-bit PNG.",
    });
  }
  const [wide, high] = isTiled
    ? [one(TAG.tileCols), one(TAG.tileRows)]
    : [cols, Math.min(rows, one(TAG.rowsPerStrip))];
  if (wide < 1 || high < 1) throw damaged();
  const parts = Math.ceil(cols / wide) * Math.ceil(rows / high);
  const offsets = numbersOf(directory, isTiled ? TAG.tileOffsets : TAG.stripOffsets);
  const lengths = numbersOf(directory, isTiled ? TAG.tileBytes : TAG.stripBytes);
  if (offsets.length !== parts || lengths.length !== parts) throw damaged();
  offsets.forEach((offset, k) => {
    const end = offset + lengths[k]!;
    if (end > bytes.length) throw cutOff();
    // Within its limit before the package inflates it without one.
    if (DEFLATE.includes(compression)) {
      inflateZlib(bytes.subarray(offset, end), (wide * high * bits) / 8 + 1024);
    }
  });
  return { rows, cols, bits };
}

function pixelsOf(bytes: Uint8Array, directory: TiffDirectory, frame: number): ArrayLike<number> {
  const upright = bytes.slice();
  const at = directory.fields.get(TAG.orientation)?.valueAt;
  // The package reads upright pictures alone; this one is turned afterwards.
  if (at !== undefined) upright.set(directory.isLittle ? [1, 0] : [0, 1], at);
  try {
    return decode(upright, { pages: [frame] })[0]!.data;
  } catch (cause) {
    if (cause instanceof RangeError) throw cutOff();
    throw new LabError("file-damaged", "This TIFF image is damaged. Not shown.", {
      cause,
    });
  }
}

function damaged(): LabError {
  return new LabError("file-damaged", "This TIFF image is damaged. Not shown.", {
    hint: "Export it again, or save it as 16-bit PNG.",
  });
}

function cutOff(): LabError {
  return new LabError("file-truncated", "This TIFF image is cut off. Not shown.", {
    hint: "Copy or export the file again.",
  });
}
