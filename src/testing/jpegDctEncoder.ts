/**
 * Sequential JPEG (ITU-T T.81 annex F), for tests. There is no picture to encode: coefficients are drawn, and whatever
 * they stand for is the picture. Every marker that a reader must honour can be had.
 */
import type { RandomStream } from "../numerics/random.ts";
import { concatBytes } from "./dicomBytes.ts";
import { bigWord, BitWriter, categoryOf, flatTable, segment } from "./jpegBits.ts";

export interface JpegComponent {
  readonly id: number;
  readonly across: number;
  readonly down: number;
}

export interface JpegDctForm {
  readonly rows: number;
  readonly cols: number;
  /** 8 by default. */
  readonly precision?: 8 | 12;
  readonly components: readonly JpegComponent[];
  /** In MCUs. */
  readonly restartInterval?: number;
  /** Quantization tables of 16-bit entries. */
  readonly wideTables?: boolean;
  /** Each component in a scan of its own. */
  readonly separateScans?: boolean;
  readonly linesBehind?: boolean;
  /** Segments between start of image and tables. */
  readonly before?: readonly Uint8Array[];
  /** DC values only: blocks of one grey, which every decoder gives the same. */
  readonly flatBlocks?: boolean;
}

export const GRAY: readonly JpegComponent[] = [{ id: 1, across: 1, down: 1 }];

/** Adobe's segment; transform 0 is RGB, 1 YCbCr. */
export function adobeSegment(transform: number): Uint8Array {
  return segment(0xee, [...asciiCodes("Adobe"), 0, 100, 0, 0, 0, 0, transform]);
}

export function jfifSegment(): Uint8Array {
  return segment(0xe0, [...asciiCodes("JFIF"), 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
}

export function asciiCodes(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Symbols run * 16 + size with a size up to 10, and end of block. */
const AC_SYMBOLS = [
  0,
  ...Array.from({ length: 160 }, (_, i) => 16 * Math.floor(i / 10) + (i % 10) + 1),
];
const DC_CATEGORIES = Array.from({ length: 15 }, (_, i) => i);

export function encodeJpegDct(form: JpegDctForm, random: RandomStream): Uint8Array {
  const { rows, cols, precision = 8, components, restartInterval = 0, linesBehind = false } = form;
  const frame = [
    precision,
    ...bigWord(linesBehind ? 0 : rows),
    ...bigWord(cols),
    components.length,
  ];
  const groups = form.separateScans === true ? components.map((one) => [one]) : [components];
  const lines = linesBehind ? [segment(0xdc, bigWord(rows))] : [];
  const steps = Array.from({ length: 64 }, (_, k) => (k === 0 ? 4 : 4 + k));
  const table =
    form.wideTables === true ? [0x10, ...steps.flatMap((q) => bigWord(60 * q))] : [0, ...steps];
  return concatBytes([
    Uint8Array.of(0xff, 0xd8),
    ...(form.before ?? []),
    segment(0xdb, table),
    segment(precision === 8 ? 0xc0 : 0xc1, [
      ...frame,
      ...components.flatMap(({ id, across, down }) => [id, 16 * across + down, 0]),
    ]),
    flatTable(0, 4, DC_CATEGORIES),
    flatTable(1, 8, AC_SYMBOLS),
    ...(restartInterval > 0 ? [segment(0xdd, bigWord(restartInterval))] : []),
    ...groups.flatMap((group, i) => [
      segment(0xda, [group.length, ...group.flatMap(({ id }) => [id, 0]), 0, 63, 0]),
      encodeScan(form, group, random),
      ...(i === 0 ? lines : []),
    ]),
    Uint8Array.of(0xff, 0xd9),
  ]);
}

function encodeScan(
  form: JpegDctForm,
  group: readonly JpegComponent[],
  random: RandomStream,
): Uint8Array {
  const { components, restartInterval = 0 } = form;
  const bits = new BitWriter();
  const before = new Map<number, number>();
  const blocks = group.length === 1 ? [1] : group.map(({ across, down }) => across * down);
  const units = group.length === 1 ? unitsOfOne(form, group[0]!) : unitsOfAll(form, components);
  for (let unit = 0; unit < units; unit++) {
    if (restartInterval > 0 && unit > 0 && unit % restartInterval === 0) {
      bits.restart(unit / restartInterval - 1);
      before.clear();
    }
    group.forEach(({ id }, i) => {
      for (let block = 0; block < blocks[i]!; block++) {
        const dc = drawDc(form, random);
        const difference = dc - (before.get(id) ?? 0);
        before.set(id, dc);
        bits.push(categoryOf(difference), 4);
        bits.pushSigned(difference, categoryOf(difference));
        pushAc(form, bits, random);
      }
    });
  }
  return bits.bytes();
}

/** Blocks of a component that is alone in its scan (A.2.2). */
function unitsOfOne({ rows, cols, components }: JpegDctForm, one: JpegComponent): number {
  const widest = Math.max(...components.map(({ across }) => across));
  const highest = Math.max(...components.map(({ down }) => down));
  const across = Math.ceil(Math.ceil((cols * one.across) / widest) / 8);
  return across * Math.ceil(Math.ceil((rows * one.down) / highest) / 8);
}

function unitsOfAll({ rows, cols }: JpegDctForm, components: readonly JpegComponent[]): number {
  const widest = Math.max(...components.map(({ across }) => across));
  const highest = Math.max(...components.map(({ down }) => down));
  return Math.ceil(cols / (8 * widest)) * Math.ceil(rows / (8 * highest));
}

/** Dequantized, a DC value is 8 times the mean of its block about the middle; the middle three quarters are used. */
function drawDc({ precision = 8, wideTables = false }: JpegDctForm, random: RandomStream): number {
  const step = wideTables ? 240 : 4;
  const reach = Math.floor((3 * 2 ** precision) / step);
  return random.integer(2 * reach + 1) - reach;
}

/** Up to three coefficients of low frequency. */
function pushAc(form: JpegDctForm, bits: BitWriter, random: RandomStream): void {
  const count = form.flatBlocks === true ? 0 : random.integer(4);
  for (let i = 0; i < count; i++) {
    const run = random.integer(4);
    const value =
      (random.integer(form.wideTables === true ? 1 : 6) + 1) * (random.chance(0.5) ? 1 : -1);
    bits.push(AC_SYMBOLS.indexOf(16 * run + categoryOf(value)), 8);
    bits.pushSigned(value, categoryOf(value));
  }
  bits.push(0, 8); // End of block.
}
