/** Which colour space the three components of a JPEG are in, where its own markers leave that open. */
import { joinBytes } from "./joinBytes.ts";
import { isFrameMarker, MARKER, segmentsBeforeScan } from "./jpegSegments.ts";

/** Adobe's segment with transform 0: the components are red, green and blue as they stand. */
// prettier-ignore
const STORED_AS_RGB = Uint8Array.of(
  0xff, MARKER.adobe, 0, 14, // marker and length
  0x41, 0x64, 0x6f, 0x62, 0x65, // "Adobe"
  0, 100, 0, 0, 0, 0, 0, // version, flags, transform
);

/**
 * The same JPEG, with what the DICOM header says about red, green and blue put where a JPEG decoder looks (PS3.5 8.2.1).
 * A JFIF or Adobe segment and components named R, G, B say it themselves: then the bytes come back as they are.
 */
export function markedAsRgb(bytes: Uint8Array): Uint8Array {
  const segments = segmentsBeforeScan(bytes);
  const isSaid = segments.some(
    ({ marker, body }) =>
      (marker === MARKER.app0 && startsWith(body, "JFIF")) ||
      (marker === MARKER.adobe && startsWith(body, "Adobe")),
  );
  const frame = segments.find(({ marker }) => isFrameMarker(marker));
  const names = frame && String.fromCharCode(frame.body[6]!, frame.body[9]!, frame.body[12]!);
  if (isSaid || names === "RGB") return bytes;
  return joinBytes([bytes.subarray(0, 2), STORED_AS_RGB, bytes.subarray(2)]);
}

function startsWith(body: Uint8Array, text: string): boolean {
  return [...text].every((letter, i) => body[i] === letter.charCodeAt(0));
}
