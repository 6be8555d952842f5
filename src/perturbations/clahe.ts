import { definePerturbation } from "./perturbation.ts";
import type { ImageSize } from "./perturbation.ts";

const LEVELS = 256;
const { fround } = Math;

/**
 * Contrast-limited adaptive histogram equalisation (Zuiderveld 1994) as OpenCV computes it on 8-bit pictures: `tiles` by `tiles`
 * curves, each from a histogram clipped at `clip` times its mean, and between them the bilinear mean of four curves.
 * @param image taken to its nearest grey levels.
 */
export function equalizeLocally(
  image: Float32Array,
  size: ImageSize,
  { clip, tiles }: { readonly clip: number; readonly tiles: number },
): Float32Array {
  // Where one side does not divide, OpenCV lengthens both, a side that does by a whole pixel for every tile.
  const isEven = size.width % tiles === 0 && size.height % tiles === 0;
  const tileSide = (side: number) => Math.floor(side / tiles) + (isEven ? 0 : 1);
  const across = tileSide(size.width);
  const down = tileSide(size.height);
  const level = (x: number, y: number) =>
    Math.round(255 * image[mirrored(y, size.height) * size.width + mirrored(x, size.width)]!);
  const curves = Array.from({ length: tiles * tiles }, (_, k) => {
    const counts = new Int32Array(LEVELS);
    const left = (k % tiles) * across;
    const top = Math.floor(k / tiles) * down;
    for (let y = top; y < top + down; y++) {
      for (let x = left; x < left + across; x++) counts[level(x, y)]!++;
    }
    return curveOf(counts, across * down, clip);
  });
  return image.map((value, i) => {
    const gray = Math.round(255 * value);
    const x = between(i % size.width, across, tiles);
    const y = between(Math.floor(i / size.width), down, tiles);
    const at = (column: number, row: number) => curves[row * tiles + column]![gray]!;
    const top = mixed(at(x.low, y.low), at(x.high, y.low), x.share);
    const bottom = mixed(at(x.low, y.high), at(x.high, y.high), x.share);
    return roundedToEven(mixed(top, bottom, y.share)) / 255;
  });
}

/** Beyond its last pixel the picture is mirrored, that pixel itself not repeated. */
function mirrored(index: number, side: number): number {
  if (index < side || side === 1) return Math.min(index, side - 1);
  return Math.abs(2 * (side - 1) - index);
}

/** Cumulated shares of a histogram whose excess over the limit is spread over all levels. */
function curveOf(counts: Int32Array, pixels: number, clip: number): Float64Array {
  const limit = Math.max(1, Math.floor((clip * pixels) / LEVELS));
  let excess = 0;
  for (let k = 0; k < LEVELS; k++) {
    excess += Math.max(0, counts[k]! - limit);
    counts[k] = Math.min(counts[k]!, limit);
  }
  const each = Math.floor(excess / LEVELS);
  let left = excess - each * LEVELS;
  for (let k = 0; k < LEVELS; k++) counts[k]! += each;
  const step = Math.max(1, Math.floor(LEVELS / Math.max(1, left)));
  for (let k = 0; k < LEVELS && left > 0; k += step, left--) counts[k]!++;
  let sum = 0;
  return Float64Array.from(counts, (count) => {
    sum += count;
    return Math.min(255, roundedToEven(sum * fround(255 / pixels)));
  });
}

/** Between two values, in single precision: many of these means are halves, which go up or down by their last bit. */
function mixed(from: number, to: number, share: number): number {
  return fround(fround(from * fround(1 - share)) + fround(to * share));
}

/** Halves go to the even neighbour, as in OpenCV. */
function roundedToEven(value: number): number {
  const stored = fround(value);
  const down = Math.floor(stored);
  return stored - down === 0.5 ? down + (down % 2) : Math.round(stored);
}

/** The two tiles whose middles a pixel lies between. */
function between(pixel: number, side: number, tiles: number) {
  const at = fround(fround(pixel * fround(1 / side)) - 0.5);
  const low = Math.floor(at);
  const within = (tile: number) => Math.max(0, Math.min(tiles - 1, tile));
  return { low: within(low), high: within(low + 1), share: fround(at - low) };
}

/** What many workstations do to a film before it is read. */
export const clahe = definePerturbation({
  id: "clahe",
  label: "Local contrast (CLAHE)",
  help: "Equalises contrast tile by tile with a limit, as vendors' display processing and many training pipelines do: faint lines stand out, and noise with them.",
  group: "film",
  strength: "share",
  params: {
    share: {
      label: "Strength",
      unit: "",
      min: 0,
      max: 1,
      step: 0.05,
      default: 0.6,
      help: "1 is the equalised picture, less blends it with the plain one. 0 is off.",
    },
    clip: {
      label: "Clip limit",
      unit: "",
      min: 1,
      max: 10,
      step: 0.5,
      default: 2,
      help: "How steep a tile's curve may be; 2 to 4 are usual.",
    },
    tiles: {
      label: "Tiles a side",
      unit: "",
      min: 2,
      max: 16,
      step: 1,
      default: 8,
      integer: true,
      help: "Curves across the picture; more act more locally.",
    },
  },
  extra: {},
  transform(image, size, { share, clip, tiles }) {
    const equal = equalizeLocally(image, size, { clip, tiles: Math.round(tiles) });
    return image.map((v, i) => v + share * (equal[i]! - v));
  },
});
