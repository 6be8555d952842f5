/** PNG files of every colour type, depth and way of interlacing, with each chunk that a reader may trip over. */
import { deflateSync } from "node:zlib";
import { randomStream } from "../../numerics/random.ts";
import type { RandomStream } from "../../numerics/random.ts";
import { concatBytes } from "../dicomBytes.ts";
import { chunk, PNG_SIGNATURE } from "../pngChunkBytes.ts";
import { tiffOrientationBlock } from "./jpegForms.ts";
import { ODD_FILES_SEED } from "./oddFile.ts";
import type { OddFile } from "./oddFile.ts";

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
/** Start and step of Adam7's passes: left, top, across, down. */
const ADAM7: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

interface Form {
  readonly rows: number;
  readonly cols: number;
  readonly colorType: number;
  readonly depth: number;
  readonly interlaced: boolean;
  /** Chunks between header and pixels. */
  readonly before?: readonly Uint8Array[];
  /** Bytes behind the compressed stream, in the last pixel chunk. */
  readonly tail?: Uint8Array;
  /** Bytes behind the last row, within the compressed stream. */
  readonly surplus?: number;
  /** Pixel chunks of this size. */
  readonly cut?: number;
  readonly end?: boolean;
}

function png(form: Form, random: RandomStream): Uint8Array {
  const { rows, cols, colorType, depth, interlaced, before = [], tail = new Uint8Array(0) } = form;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, cols);
  view.setUint32(4, rows);
  header.set([depth, colorType, 0, 0, interlaced ? 1 : 0], 8);
  const data = concatBytes([
    deflateSync(concatBytes([scanlines(form, random), new Uint8Array(form.surplus ?? 0)])),
    tail,
  ]);
  const size = form.cut ?? data.length;
  const pixels: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += size) {
    pixels.push(chunk("IDAT", data.subarray(at, at + size)));
  }
  const end = form.end === false ? [] : [chunk("IEND", new Uint8Array(0))];
  return concatBytes([PNG_SIGNATURE, chunk("IHDR", header), ...before, ...pixels, ...end]);
}

/** Rows of random bytes under every filter in turn: filters add up to some picture whatever the bytes are. */
function scanlines(
  { rows, cols, colorType, depth, interlaced }: Form,
  random: RandomStream,
): Uint8Array {
  const passes = interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const);
  const bytes: number[] = [];
  let line = 0;
  for (const [left, top, across, down] of passes) {
    const width = Math.ceil((cols - left) / across);
    if (width <= 0) continue;
    for (let y = top; y < rows; y += down) {
      bytes.push(line++ % 5);
      const rowBytes = Math.ceil((width * CHANNELS[colorType]! * depth) / 8);
      for (let i = 0; i < rowBytes; i++) bytes.push(random.integer(256));
    }
  }
  return Uint8Array.from(bytes);
}

function palette(entries: number, random: RandomStream): Uint8Array {
  return chunk(
    "PLTE",
    Uint8Array.from({ length: 3 * entries }, () => random.integer(256)),
  );
}

export function pngFormFiles(): OddFile[] {
  const files: OddFile[] = [];
  for (const [type, depths] of Object.entries(DEPTHS)) {
    for (const depth of depths) {
      for (const interlaced of [false, true]) {
        const name = `png-type-${type}-depth-${depth}${interlaced ? "-interlaced" : ""}.png`;
        const random = randomStream(ODD_FILES_SEED, name);
        const colorType = Number(type);
        const before = colorType === 3 ? [palette(2 ** depth, random)] : [];
        files.push({
          name,
          bytes: png({ rows: 13, cols: 11, colorType, depth, interlaced, before }, random),
        });
      }
    }
  }
  const make = (
    name: string,
    form: Partial<Form>,
    more?: (random: RandomStream) => Uint8Array[],
  ): void => {
    const random = randomStream(ODD_FILES_SEED, name);
    const base = { rows: 13, cols: 11, colorType: 0, depth: 8, interlaced: false };
    const before = more ? { before: more(random) } : {};
    files.push({ name: `${name}.png`, bytes: png({ ...base, ...form, ...before }, random) });
  };
  make("png-suggested-palette-rgb", { colorType: 2 }, (random) => [palette(64, random)]);
  make("png-suggested-palette-rgba", { colorType: 6 }, (random) => [palette(256, random)]);
  make("png-suggested-palette-rgb-16", { colorType: 2, depth: 16 }, (random) => [
    palette(3, random),
  ]);
  make("png-transparent-grey", {}, () => [chunk("tRNS", Uint8Array.of(0, 200))]);
  make("png-transparent-rgb", { colorType: 2 }, () => [chunk("tRNS", new Uint8Array(6))]);
  make("png-transparent-palette", { colorType: 3, depth: 4 }, (random) => [
    palette(16, random),
    chunk("tRNS", Uint8Array.of(255, 0, 128)),
  ]);
  make("png-gamma-and-significant-bits", { depth: 16 }, () => [
    chunk("gAMA", Uint8Array.of(0, 0, 0xb1, 0x8f)),
    chunk("sBIT", Uint8Array.of(12)),
  ]);
  make("png-one-column-interlaced", { rows: 9, cols: 1, depth: 2, interlaced: true });
  make("png-one-row-interlaced", { rows: 1, cols: 9, depth: 16, interlaced: true });
  make("png-one-pixel-interlaced", { rows: 1, cols: 1, depth: 1, interlaced: true });
  make("png-extra-bytes", { tail: Uint8Array.of(1, 2, 3, 4, 5) });
  make("png-surplus-rows", { surplus: 240 });
  make("png-end-absent", { end: false });
  make("png-many-chunks", { cut: 7 });
  for (const orientation of [3, 6]) {
    const block = Uint8Array.from(tiffOrientationBlock(orientation, orientation === 3));
    make(`png-exif-${orientation}`, {}, () => [chunk("eXIf", block)]);
  }
  return files;
}
