/** A square pattern laid on a picture, and the way of a gradient back to the pattern: each is the other's transpose. */
import type { RandomStream } from "../numerics/random.ts";

export interface Square {
  /** [cells * cells], row by row. */
  readonly pattern: Float64Array;
  readonly cells: number;
}

export interface Placement {
  /** Of the middle, as fractions of the picture's side. */
  readonly x: number;
  readonly y: number;
  /** Fraction of the picture's side. */
  readonly side: number;
  /** Counter-clockwise. */
  readonly degrees: number;
  /** Factor on the pattern's greys. */
  readonly exposure: number;
}

/** What a sticker must bear: half of its turns, its scales and its exposures around 1, and how near it comes to the border. */
const TURN = 20;
const SCALE = 0.2;
const EXPOSURE = 0.2;
const BORDER = 0.15;

export function randomPlacement(side: number, random: RandomStream): Placement {
  return {
    x: random.between(BORDER, 1 - BORDER),
    y: random.between(BORDER, 1 - BORDER),
    side: side * random.between(1 - SCALE, 1 + SCALE),
    degrees: random.between(-TURN, TURN),
    exposure: random.between(1 - EXPOSURE, 1 + EXPOSURE),
  };
}

export function placedAt(stamp: Omit<Placement, "exposure">): Placement {
  return { ...stamp, exposure: 1 };
}

/** Calls `on` for each pixel whose middle lies on the square, with the four cells it is between and their weights. */
function eachPixel(
  pixels: number,
  cells: number,
  { x, y, side, degrees }: Placement,
  on: (pixel: number, taps: readonly (readonly [cell: number, weight: number])[]) => void,
): void {
  const size = Math.sqrt(pixels);
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  const length = side * size;
  const within = (index: number) => Math.max(0, Math.min(cells - 1, index));
  for (let i = 0; i < pixels; i++) {
    const dx = (i % size) + 0.5 - x * size;
    const dy = Math.floor(i / size) + 0.5 - y * size;
    const across = cos * dx - sin * dy;
    const down = sin * dx + cos * dy;
    if (Math.abs(across) > length / 2 || Math.abs(down) > length / 2) continue;
    const u = (across / length + 0.5) * cells - 0.5;
    const v = (down / length + 0.5) * cells - 0.5;
    const [left, top] = [Math.floor(u), Math.floor(v)];
    const [fu, fv] = [u - left, v - top];
    const cell = (column: number, row: number) => within(row) * cells + within(column);
    on(i, [
      [cell(left, top), (1 - fu) * (1 - fv)],
      [cell(left + 1, top), fu * (1 - fv)],
      [cell(left, top + 1), (1 - fu) * fv],
      [cell(left + 1, top + 1), fu * fv],
    ]);
  }
}

/** @returns a new picture in [0, 1] with the pattern on it */
export function stamped(
  picture: Float32Array,
  { pattern, cells }: Square,
  place: Placement,
): Float32Array {
  const out = picture.slice();
  eachPixel(picture.length, cells, place, (pixel, taps) => {
    const gray = taps.reduce((sum, [cell, weight]) => sum + weight * pattern[cell]!, 0);
    out[pixel] = Math.max(0, Math.min(1, place.exposure * gray));
  });
  return out;
}

/** The pixels it lies on: 1 there, 0 elsewhere. @param pixels of the picture */
export function coveredBy(pixels: number, cells: number, place: Placement): Float32Array {
  const out = new Float32Array(pixels);
  eachPixel(pixels, cells, place, (pixel) => (out[pixel] = 1));
  return out;
}

/** Gradient with respect to the pattern, where the picture's is given; a pixel cut off at white has none. */
export function stampedBack(
  gradient: Float32Array,
  { pattern, cells }: Square,
  place: Placement,
): Float64Array {
  const out = new Float64Array(cells * cells);
  eachPixel(gradient.length, cells, place, (pixel, taps) => {
    const gray = taps.reduce((sum, [cell, weight]) => sum + weight * pattern[cell]!, 0);
    if (place.exposure * gray > 1) return;
    for (const [cell, weight] of taps) out[cell]! += weight * place.exposure * gradient[pixel]!;
  });
  return out;
}
