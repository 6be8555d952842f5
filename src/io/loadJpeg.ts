/**
 * JPEG files to radiographs, by the same decoder in browser and Node: the browser's own applies colour profiles and
 * differs between vendors, and numbers matter here. EXIF and comments are never read.
 */
import { LabError } from "../errors/labError.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { fullDepthWindow } from "../image/voi.ts";
import { decodeCodestream } from "./codecs.ts";
import type { CodecHost } from "./codecs.ts";
import { readCodestreamHeader } from "./codestreamHeader.ts";
import { hashStoredValues } from "./decodeSummary.ts";
import { checkImageSize } from "./limits.ts";
import { greyValues, hasColour } from "./luminance.ts";

/** @throws LabError with a file-* code */
export async function loadJpeg(bytes: Uint8Array, host: CodecHost): Promise<Radiograph> {
  const header = readCodestreamHeader(bytes);
  const { rows, cols, channels, precision } = header;
  if (channels !== 1 && channels !== 3) {
    throw new LabError(
      "file-unsupported",
      `This JPEG has ${channels} colour channels (CMYK), which this viewer cannot read.`,
      {
        hint: "Save it as a grey PNG.",
      },
    );
  }
  checkImageSize(rows, cols, channels);
  const frame = await decodeCodestream(bytes, header, host);
  const pixels = rows * cols;
  const stored = greyValues(frame.data, { pixels, channels, planar: frame.planar });
  const isColour = hasColour(frame.data, { pixels, channels, planar: frame.planar });
  return {
    rows,
    cols,
    values: stored,
    bitsStored: precision,
    photometric: "MONOCHROME2",
    vois: precision <= 8 ? [fullDepthWindow(precision)] : [],
    pixelAspect: 1,
    notices: isColour ? ["This is a colour picture; its brightness is shown."] : [],
    source: "jpeg",
    rawSha256: await hashStoredValues(stored),
  };
}
