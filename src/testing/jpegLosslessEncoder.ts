/** JPEG lossless (ITU-T T.81 annex H), for tests: written from the standard, independent of the decoder. */
import { concatBytes } from "./dicomBytes.ts";
import { bigWord, BitWriter, categoryOf, flatTable, segment } from "./jpegBits.ts";

export interface JpegLosslessPicture {
  readonly rows: number;
  readonly cols: number;
  /** Bits per sample, 2 to 16. */
  readonly precision: number;
  /** Pixel by pixel. */
  readonly samples: readonly number[];
  readonly channels?: number;
}

/** What a file may have beside the plain form. */
export interface JpegLosslessForm {
  /** Lines between restart markers. */
  readonly restartLines?: number;
  /** Low bits left out of every sample. */
  readonly pointTransform?: number;
  /** Horizontal * 16 + vertical, of every component. */
  readonly sampling?: number;
  /** Each component in a scan of its own. */
  readonly separateScans?: boolean;
  /** The frame header leaves the number of lines to a segment behind the first scan. */
  readonly linesBehind?: boolean;
  /** Segments between start of image and frame header. */
  readonly before?: readonly Uint8Array[];
}

/** Difference categories 0 to 16 in codes of 5 bits. */
const CATEGORIES = Array.from({ length: 17 }, (_, i) => i);

/** One table in which every difference category has a 5-bit code. `predictor` is the selection value 1 to 7. */
export function encodeJpegLossless(
  picture: JpegLosslessPicture,
  predictor = 1,
  form: JpegLosslessForm = {},
): Uint8Array {
  const { rows, cols, precision, channels = 1 } = picture;
  const { restartLines = 0, sampling = 0x11, linesBehind = false } = form;
  const ids = Array.from({ length: channels }, (_, i) => i + 1);
  const groups = form.separateScans === true ? ids.map((id) => [id]) : [ids];
  const lines = linesBehind ? [segment(0xdc, bigWord(rows))] : [];
  const scans = groups.flatMap((group, i) => [
    scanHeader(group, predictor, form.pointTransform ?? 0),
    encodeScan(picture, group, predictor, form),
    ...(i === 0 ? lines : []),
  ]);
  const components = ids.flatMap((id) => [id, sampling, 0]);
  return concatBytes([
    Uint8Array.of(0xff, 0xd8),
    ...(form.before ?? []),
    segment(0xc3, [
      precision,
      ...bigWord(linesBehind ? 0 : rows),
      ...bigWord(cols),
      channels,
      ...components,
    ]),
    flatTable(0, 5, CATEGORIES),
    ...(restartLines > 0 ? [segment(0xdd, bigWord(restartLines * cols))] : []),
    ...scans,
    Uint8Array.of(0xff, 0xd9),
  ]);
}

function scanHeader(ids: readonly number[], predictor: number, pointTransform: number): Uint8Array {
  const selectors = ids.flatMap((id) => [id, 0]);
  return segment(0xda, [ids.length, ...selectors, predictor, 0, pointTransform]);
}

function encodeScan(
  picture: JpegLosslessPicture,
  ids: readonly number[],
  predictor: number,
  { restartLines = 0, pointTransform = 0 }: JpegLosslessForm,
): Uint8Array {
  const { rows, cols, precision, samples, channels = 1 } = picture;
  const bits = new BitWriter();
  const start = 1 << (precision - pointTransform - 1);
  for (let y = 0; y < rows; y++) {
    const isRestart = restartLines > 0 && y > 0 && y % restartLines === 0;
    if (isRestart) bits.restart(y / restartLines - 1);
    for (let x = 0; x < cols; x++) {
      for (const id of ids) {
        const sample = (row: number, col: number): number =>
          samples[(row * cols + col) * channels + id - 1]! >> pointTransform;
        let prediction: number;
        if (y === 0 || isRestart) prediction = x === 0 ? start : sample(y, x - 1);
        else if (x === 0) prediction = sample(y - 1, x);
        else
          prediction = predict(predictor, sample(y, x - 1), sample(y - 1, x), sample(y - 1, x - 1));
        // Differences are modulo 2^16, in -32767..32768.
        let difference = (sample(y, x) - prediction) & 0xffff;
        if (difference > 32_768) difference -= 65_536;
        const category = categoryOf(difference);
        bits.push(category, 5);
        if (category < 16) bits.pushSigned(difference, category);
      }
    }
  }
  return bits.bytes();
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
