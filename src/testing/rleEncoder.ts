/** DICOM run-length coding, for tests: written from the standard, independent of the decoder. */
import { concatBytes } from "./dicomBytes.ts";

/** DICOM RLE (PS3.5 annex G) of samples with `bytesPerSample` bytes; one plane per channel. */
export function encodeRle(
  planes: readonly (readonly number[])[],
  bytesPerSample: number,
): Uint8Array {
  const segments: Uint8Array[] = [];
  for (const plane of planes) {
    for (let byte = bytesPerSample - 1; byte >= 0; byte--) {
      segments.push(packBits(plane.map((sample) => (sample >>> (8 * byte)) & 0xff)));
    }
  }
  const header = new Uint8Array(64);
  const view = new DataView(header.buffer);
  view.setUint32(0, segments.length, true);
  let offset = 64;
  segments.forEach((segment, i) => {
    view.setUint32(4 + 4 * i, offset, true);
    offset += segment.length;
  });
  return concatBytes([header, ...segments]);
}

function packBits(bytes: readonly number[]): Uint8Array {
  const out: number[] = [];
  for (let i = 0; i < bytes.length;) {
    let run = 1;
    while (run < 128 && i + run < bytes.length && bytes[i + run] === bytes[i]) run++;
    if (run > 1) {
      out.push(257 - run, bytes[i]!);
      i += run;
    } else {
      out.push(0, bytes[i]!);
      i++;
    }
  }
  if (out.length % 2 === 1) out.push(128);
  return Uint8Array.from(out);
}
