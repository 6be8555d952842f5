/** DICOM run-length coding (PS3.5 annex G): one PackBits segment for each byte of a sample, most significant first. */
import { LabError } from "../errors/labError.ts";
import { cutOffCodestream, damagedCodestream } from "./codestreamHeader.ts";

const HEADER_BYTES = 64;

export interface RleShape {
  readonly pixels: number;
  readonly samplesPerPixel: number;
  readonly bytesPerSample: number;
}

/**
 * Decodes one frame to little-endian samples, colour by plane.
 * @throws LabError "file-mismatch" when the number of segments contradicts the header, "file-truncated", "file-damaged"
 */
export function decodeRle(frame: Uint8Array, shape: RleShape): Uint8Array {
  const { pixels, samplesPerPixel, bytesPerSample } = shape;
  if (frame.length < HEADER_BYTES) throw cutOff();
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const segments = view.getUint32(0, true);
  const expected = samplesPerPixel * bytesPerSample;
  if (segments !== expected) {
    throw new LabError(
      "file-mismatch",
      `The compressed image does not match the header (${segments} run-length segments against ${expected}). Not shown.`,
    );
  }
  const out = new Uint8Array(pixels * expected);
  for (let segment = 0; segment < segments; segment++) {
    const start = view.getUint32(4 + 4 * segment, true);
    const end = segment + 1 < segments ? view.getUint32(8 + 4 * segment, true) : frame.length;
    if (start < HEADER_BYTES || start > end) throw damagedCodestream("RLE");
    if (end > frame.length) throw cutOff();
    const plane = Math.floor(segment / bytesPerSample);
    const significance = bytesPerSample - 1 - (segment % bytesPerSample);
    unpackSegment(frame.subarray(start, end), out, {
      first: plane * pixels * bytesPerSample + significance,
      step: bytesPerSample,
      count: pixels,
    });
  }
  return out;
}

/** PackBits into every `step`-th byte of `out`. */
function unpackSegment(
  packed: Uint8Array,
  out: Uint8Array,
  target: { readonly first: number; readonly step: number; readonly count: number },
): void {
  const end = target.first + target.step * target.count;
  let to = target.first;
  let from = 0;
  while (to < end) {
    if (from >= packed.length) throw cutOff();
    const control = packed[from++]!;
    if (control < 128) {
      const literal = control + 1;
      if (from + literal > packed.length) throw cutOff();
      for (let i = 0; i < literal && to < end; i++, to += target.step) out[to] = packed[from + i]!;
      from += literal;
    } else if (control > 128) {
      if (from >= packed.length) throw cutOff();
      const value = packed[from++]!;
      for (let i = 257 - control; i > 0 && to < end; i--, to += target.step) out[to] = value;
    }
  }
}

function cutOff(): LabError {
  return cutOffCodestream("RLE");
}
