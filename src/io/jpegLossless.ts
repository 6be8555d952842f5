/**
 * JPEG lossless (ITU-T T.81 annex H, process 14, SOF3): 2 to 16 bits, any number of components, in one scan or in
 * several, with every predictor, restart intervals and point transform. Written here because the library that was used
 * ignored the last two and thereby gave wrong pixels without a word.
 */
import { LabError } from "../errors/labError.ts";
import { damagedCodestream, FORMAT_NAMES } from "./codestreamHeader.ts";
import type { DecodedFrame } from "./codecs.ts";
import { BitReader, readHuffmanTables } from "./jpegEntropy.ts";
import type { HuffmanTable, HuffmanTables } from "./jpegEntropy.ts";
import { isFrameMarker, MARKER, readWord, segmentFrom } from "./jpegSegments.ts";

const NAME = FORMAT_NAMES["jpeg-lossless"];

interface Component {
  readonly id: number;
  /** Horizontal * 16 + vertical. */
  readonly sampling: number;
  /** Set when its scan has been read. */
  samples?: Uint16Array;
}

interface Frame {
  readonly precision: number;
  readonly rows: number;
  readonly cols: number;
  readonly components: readonly Component[];
}

/** @throws LabError "file-damaged", "file-truncated", "file-unsupported" (components of different sizes) */
export function decodeJpegLossless(bytes: Uint8Array): DecodedFrame {
  const tables: HuffmanTables = new Map();
  let frame: Frame | undefined;
  let restartInterval = 0;
  let at = 2;
  while (!frame?.components.every(({ samples }) => samples)) {
    const segment = segmentFrom(bytes, at);
    if (!segment) throw damaged();
    const { marker, body } = segment;
    at = segment.end;
    if (marker === MARKER.huffmanTables) readHuffmanTables(body, tables, NAME);
    else if (marker === MARKER.restartInterval) restartInterval = readWord(body, 0);
    else if (isFrameMarker(marker)) frame = readFrame(body);
    else if (marker === MARKER.scan) {
      if (!frame) throw damaged();
      const reader = new BitReader(bytes, at, NAME);
      decodeScan(reader, frame, readScan(body, frame, tables, restartInterval));
      at = reader.endOfScan();
    }
  }
  return interleave(frame);
}

function readFrame(body: Uint8Array): Frame {
  const count = body[5] ?? 0;
  if (count === 0 || body.length < 6 + 3 * count) throw damaged();
  const components = Array.from({ length: count }, (_, i) => ({
    id: body[6 + 3 * i]!,
    sampling: body[7 + 3 * i]!,
  }));
  const precision = body[0]!;
  if (precision < 2 || precision > 16) throw damaged();
  return { precision, rows: readWord(body, 1), cols: readWord(body, 3), components };
}

interface Scan {
  readonly channels: readonly { readonly component: Component; readonly table: HuffmanTable }[];
  /** Selection value of the predictor, 1 to 7. */
  readonly predictor: number;
  /** Low bits that were dropped before coding. */
  readonly pointTransform: number;
  /** In whole lines; 0 for none. */
  readonly restartLines: number;
}

function readScan(
  body: Uint8Array,
  frame: Frame,
  tables: HuffmanTables,
  restartInterval: number,
): Scan {
  const count = body[0] ?? 0;
  const tail = body.subarray(1 + 2 * count);
  if (count === 0 || tail.length < 3) throw damaged();
  const channels = Array.from({ length: count }, (_, i) => {
    const component = frame.components.find(({ id }) => id === body[1 + 2 * i]);
    const table = tables.get(body[2 + 2 * i]! >> 4);
    if (!component || component.samples || !table) throw damaged();
    return { component, table };
  });
  // The factors are relative to each other and mean nothing for a single component (A.2.2).
  const isSubsampled =
    frame.components.some(({ sampling }) => sampling !== frame.components[0]!.sampling) ||
    (count > 1 && frame.components[0]!.sampling !== 0x11);
  if (isSubsampled) {
    throw new LabError(
      "file-unsupported",
      "JPEG lossless with subsampled colour is not supported.",
    );
  }
  const predictor = tail[0]!;
  const pointTransform = tail[2]! & 15;
  const isPossible =
    predictor >= 1 &&
    predictor <= 7 &&
    pointTransform < frame.precision &&
    restartInterval % frame.cols === 0;
  if (!isPossible) throw damaged();
  return { channels, predictor, pointTransform, restartLines: restartInterval / frame.cols };
}

function decodeScan(reader: BitReader, { rows, cols, precision }: Frame, scan: Scan): void {
  const { channels, predictor, pointTransform, restartLines } = scan;
  const planes = channels.map(({ component, table }) => {
    const samples = new Uint16Array(rows * cols);
    component.samples = samples;
    return { samples, table };
  });
  const middle = 2 ** (precision - pointTransform - 1);
  for (let y = 0; y < rows; y++) {
    const isRestart = restartLines > 0 && y > 0 && y % restartLines === 0;
    if (isRestart) reader.skipRestartMarker();
    // The first line, and the first of each restart interval, is predicted from its left neighbours alone (H.1.2.1).
    const isFirst = y === 0 || isRestart;
    for (let x = 0; x < cols; x++) {
      const at = y * cols + x;
      for (let channel = 0; channel < planes.length; channel++) {
        const { samples, table } = planes[channel]!;
        let predicted: number;
        if (x === 0) predicted = isFirst ? middle : samples[at - cols]!;
        else predicted = predict(isFirst ? 1 : predictor, samples, at, cols);
        samples[at] = predicted + readDifference(reader, table);
      }
    }
  }
  if (pointTransform > 0) {
    for (const { samples } of planes) {
      for (let i = 0; i < samples.length; i++) samples[i] = samples[i]! << pointTransform;
    }
  }
}

/** Table H.1; a is to the left, b above, c above to the left. Sums wrap at 16 bits where they are stored. */
function predict(predictor: number, samples: Uint16Array, at: number, cols: number): number {
  const a = samples[at - 1]!;
  if (predictor === 1) return a;
  const b = samples[at - cols]!;
  if (predictor === 2) return b;
  const c = samples[at - cols - 1]!;
  switch (predictor) {
    case 3:
      return c;
    case 4:
      return a + b - c;
    case 5:
      return a + ((b - c) >> 1);
    case 6:
      return b + ((a - c) >> 1);
    default:
      return (a + b) >> 1;
  }
}

function readDifference(reader: BitReader, table: HuffmanTable): number {
  const size = reader.symbol(table);
  return size === 16 ? 32_768 : reader.signed(size);
}

/** Pixel by pixel, in bytes where they suffice. */
function interleave({ rows, cols, precision, components }: Frame): DecodedFrame {
  const channels = components.length;
  const planes = components.map(({ samples }) => samples!);
  const length = rows * cols * channels;
  const data = precision <= 8 ? new Uint8Array(length) : new Uint16Array(length);
  planes.forEach((plane, channel) => {
    for (let i = 0; i < plane.length; i++) data[i * channels + channel] = plane[i]!;
  });
  return { rows, cols, channels, planar: false, data };
}

function damaged(): LabError {
  return damagedCodestream(NAME);
}
