/** The marker segments of a JPEG (ITU-T T.81 annex B; JPEG-LS has the same), and where its entropy-coded data ends. */

export interface JpegSegment {
  /** The second byte of its marker. */
  readonly marker: number;
  /** Position of its marker. */
  readonly start: number;
  /** Position behind it; for a scan header, where the coded data starts. */
  readonly end: number;
  /** Without marker and length. */
  readonly body: Uint8Array;
}

export const MARKER = {
  huffmanTables: 0xc4,
  end: 0xd9,
  scan: 0xda,
  quantization: 0xdb,
  numberOfLines: 0xdc,
  restartInterval: 0xdd,
  app0: 0xe0,
  exif: 0xe1,
  adobe: 0xee,
  jpegLsFrame: 0xf7,
} as const;

/** True for the marker of a frame header of any process. */
export function isFrameMarker(marker: number): boolean {
  if (marker === MARKER.jpegLsFrame) return true;
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/**
 * The segment at `from` or behind it; undefined at the end of the image or of the bytes. Anything that is no marker, and
 * markers without a segment, are passed over: fill bytes are allowed, and decoders at large tolerate rubbish.
 */
export function segmentFrom(bytes: Uint8Array, from: number): JpegSegment | undefined {
  for (let at = from; at + 4 <= bytes.length; at++) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker === 0 || marker === 1 || marker === 0xff) continue;
    if (marker === MARKER.end) return undefined;
    if (marker >= 0xd0 && marker <= 0xd8) continue;
    const length = readWord(bytes, at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) return undefined;
    return { marker, start: at, end, body: bytes.subarray(at + 4, end) };
  }
  return undefined;
}

/** The segments up to and including the first scan header. */
export function segmentsBeforeScan(bytes: Uint8Array): JpegSegment[] {
  const segments: JpegSegment[] = [];
  let at = 2;
  for (;;) {
    const segment = segmentFrom(bytes, at);
    if (!segment) return segments;
    segments.push(segment);
    if (segment.marker === MARKER.scan) return segments;
    at = segment.end;
  }
}

/**
 * Position of the marker that ends coded data, else the end of the bytes. Restarts belong to the data, and so does what
 * bit stuffing makes of 255: followed by 0, in JPEG-LS by anything below 128.
 */
export function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    const next = bytes[at + 1]!;
    const isRestart = next >= 0xd0 && next <= 0xd7;
    if (bytes[at] === 0xff && next >= 0x80 && next !== 0xff && !isRestart) return at;
  }
  return bytes.length;
}

/** True when the end marker stands behind the last scan. */
export function reachesEndMarker(bytes: Uint8Array): boolean {
  let at = 2;
  for (let segment = segmentFrom(bytes, at); segment; segment = segmentFrom(bytes, at)) {
    at = segment.marker === MARKER.scan ? endOfScan(bytes, segment.end) : segment.end;
  }
  for (; at + 1 < bytes.length; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === MARKER.end) return true;
  }
  return false;
}

/**
 * A frame header may leave the number of lines open, to be told behind the first scan (T.81 B.2.5). These are the same
 * bytes with the number put into the frame header, which is the only place that most decoders look at.
 */
export function withStatedLines(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return bytes;
  const segments = segmentsBeforeScan(bytes);
  const frame = segments.find(({ marker }) => isFrameMarker(marker));
  const scan = segments.at(-1);
  if (!frame || !scan || readWord(frame.body, 1) !== 0) return bytes;
  const after = segmentFrom(bytes, endOfScan(bytes, scan.end));
  if (after?.marker !== MARKER.numberOfLines) return bytes;
  const out = bytes.slice();
  out.set(after.body.subarray(0, 2), frame.start + 5);
  return out;
}

export function readWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
