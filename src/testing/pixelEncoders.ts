/** Encoders of the simplest DICOM pixel compressions, for tests: written from the standards, independent of the decoders. */
import { concatBytes, words } from "./dicomBytes.ts";

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

export interface JpegLosslessPicture {
  readonly rows: number;
  readonly cols: number;
  /** Bits per sample, 2 to 16. */
  readonly precision: number;
  readonly samples: readonly number[];
}

/**
 * JPEG lossless (ITU-T T.81 annex H), one component, Huffman coded with a table in which every one of the 17 difference
 * categories has a 5-bit code. `predictor` is the selection value 1 to 7.
 */
export function encodeJpegLossless(picture: JpegLosslessPicture, predictor = 1): Uint8Array {
  const { rows, cols, precision, samples } = picture;
  const bits: number[] = [];
  const push = (value: number, count: number): void => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  };
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const at = y * cols + x;
      const left = samples[at - 1]!;
      const above = samples[at - cols]!;
      let prediction = predict(predictor, left, above, samples[at - cols - 1]!);
      if (y === 0) prediction = x === 0 ? 1 << (precision - 1) : left;
      else if (x === 0) prediction = above;
      // Differences are modulo 2^16, in -32767..32768.
      let difference = (samples[at]! - prediction) & 0xffff;
      if (difference > 32_768) difference -= 65_536;
      const category = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
      push(category, 5);
      if (category > 0 && category < 16) {
        push(difference > 0 ? difference : difference + 2 ** category - 1, category);
      }
    }
  }
  while (bits.length % 8 !== 0) bits.push(1);
  const scan: number[] = [];
  for (let i = 0; i < bits.length; i += 8) {
    const byte = bits.slice(i, i + 8).reduce((value, bit) => 2 * value + bit, 0);
    scan.push(byte);
    if (byte === 0xff) scan.push(0);
  }
  const categories = Array.from({ length: 17 }, (_, i) => i);
  return concatBytes([
    Uint8Array.of(0xff, 0xd8),
    segment(0xc3, [precision, ...word(rows), ...word(cols), 1, 1, 0x11, 0]),
    segment(0xc4, [0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...categories]),
    segment(0xda, [1, 1, 0, predictor, 0, 0]),
    Uint8Array.from(scan),
    Uint8Array.of(0xff, 0xd9),
  ]);
}

function predict(selection: number, left: number, above: number, corner: number): number {
  switch (selection) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return corner;
    case 4:
      return left + above - corner;
    case 5:
      return left + ((above - corner) >> 1);
    case 6:
      return above + ((left - corner) >> 1);
    default:
      return (left + above) >> 1;
  }
}

function segment(marker: number, body: readonly number[]): Uint8Array {
  return Uint8Array.from([0xff, marker, ...word(body.length + 2), ...body]);
}

function word(value: number): number[] {
  return Array.from(words([value], false));
}
