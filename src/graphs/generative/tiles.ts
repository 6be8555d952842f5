/**
 * Tokens of a picture cut into tiles. Models read them tile by tile, the whole picture's last; maps want them row by row over
 * the picture, what has no place of its own before them.
 */
import type { GraphBuilder } from "../../onnx/graphBuilder.ts";

export interface TiledTokens {
  /** Tiles along each side of the picture; 0 where it is not cut. */
  readonly tiles: number;
  /** Tokens of the picture, all tiles and the whole together. */
  readonly image: number;
  readonly width: number;
}

/** Side of a tile in tokens; the picture's tokens are its tiles' and those of the whole. */
function sideOf({ tiles, image }: Pick<TiledTokens, "tiles" | "image">): number {
  return Math.round(Math.sqrt(image / (tiles ** 2 + 1)));
}

/** Rows and columns of the tokens that have a place of their own on a picture cut into tiles. */
export function tiledGrid(about: Pick<TiledTokens, "tiles" | "image">): [number, number] {
  const side = about.tiles * sideOf(about);
  return [side, side];
}

/** Tokens [1, T, W] tile by tile become the whole's, then the tiles' row by row over the picture. */
export function onPlaces(b: GraphBuilder, tokens: string, about: TiledTokens): string {
  const { tiles, image, width } = about;
  if (tiles === 0) return tokens;
  const side = sideOf(about);
  const cut = tiles ** 2 * side ** 2;
  const rows = b.reshape(part(b, tokens, 0, cut), [tiles, tiles, side, side, width]);
  const placed = b.reshape(swapped(b, rows), [1, cut, width]);
  return joined(b, [part(b, tokens, cut, image), placed]);
}

/** The way back. */
export function inSequence(b: GraphBuilder, tokens: string, about: TiledTokens): string {
  const { tiles, image, width } = about;
  if (tiles === 0) return tokens;
  const side = sideOf(about);
  const whole = side ** 2;
  const rows = b.reshape(part(b, tokens, whole, image), [tiles, side, tiles, side, width]);
  const cut = b.reshape(swapped(b, rows), [1, image - whole, width]);
  return joined(b, [cut, part(b, tokens, 0, whole)]);
}

/** For each of the picture's tokens as maps have them, its index tile by tile. */
export function sequenceIndices(about: Pick<TiledTokens, "tiles" | "image">): readonly number[] {
  const { tiles, image } = about;
  const all = Array.from({ length: image }, (_, i) => i);
  if (tiles === 0) return all;
  const side = sideOf(about);
  const whole = all.slice(tiles ** 2 * side ** 2);
  const across = tiles * side;
  const placed = Array.from({ length: across ** 2 }, (_, i) => {
    const [row, column] = [Math.floor(i / across), i % across];
    const tile = Math.floor(row / side) * tiles + Math.floor(column / side);
    return tile * side ** 2 + (row % side) * side + (column % side);
  });
  return [...whole, ...placed];
}

function part(b: GraphBuilder, tokens: string, from: number, to: number): string {
  return b.add("Slice", [tokens, b.ints([from]), b.ints([to]), b.ints([1])]);
}

function swapped(b: GraphBuilder, rows: string): string {
  return b.add("Transpose", [rows], { attributes: { perm: { ints: [0, 2, 1, 3, 4] } } });
}

function joined(b: GraphBuilder, parts: readonly string[]): string {
  return b.add("Concat", parts, { attributes: { axis: { int: 1 } } });
}
