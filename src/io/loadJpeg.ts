/**
 * JPEG files to radiographs, by the same decoder in browser and Node: the browser's own applies colour profiles and
 * differs between vendors, and numbers matter here. Of EXIF only the orientation is read.
 */
import { LabError } from "../errors/labError.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { fullDepthWindow } from "../image/voi.ts";
import { decodeCodestream } from "./codecs.ts";
import type { CodecHost } from "./codecs.ts";
import { readCodestreamHeader } from "./codestreamHeader.ts";
import { hashStoredValues } from "./decodeSummary.ts";
import { withStatedLines } from "./jpegSegments.ts";
import { checkImageSize } from "./limits.ts";
import { grayValues, hasColor } from "./luminance.ts";
import { jpegOrientation, orient, TURNED_NOTICE } from "./orientation.ts";

/** @throws LabError with a file-* code */
export async function loadJpeg(file: Uint8Array, host: CodecHost): Promise<Radiograph> {
  const bytes = withStatedLines(file);
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
  const layout = { pixels: rows * cols, channels, planar: frame.planar };
  const orientation = jpegOrientation(bytes);
  const upright = orient({ rows, cols, values: grayValues(frame.data, layout) }, orientation);
  const notices: string[] = [];
  if (hasColor(frame.data, layout)) {
    notices.push("This is a colour picture; its brightness is shown.");
  }
  if (orientation !== 1) notices.push(TURNED_NOTICE);
  return {
    ...upright,
    bitsStored: precision,
    photometric: "MONOCHROME2",
    vois: precision <= 8 ? [fullDepthWindow(precision)] : [],
    pixelAspect: 1,
    notices,
    source: "jpeg",
    rawSha256: await hashStoredValues(upright.values),
  };
}
