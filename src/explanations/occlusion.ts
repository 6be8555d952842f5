/**
 * Occlusion (Zeiler & Fergus 2014): a square is covered, and what the score loses is credited to what it covered. Where
 * squares overlap, a cell gets the mean over the squares that covered it.
 */
import { cellBorders } from "./cells.ts";

export interface OcclusionOptions {
  /** Cells along each side of the picture; the square moves by one. */
  readonly cells: number;
  /** Side of the square in cells. */
  readonly window: number;
}

/** One position of the square: its upper left cell. */
export interface OcclusionPosition {
  readonly row: number;
  readonly column: number;
}

/** All positions, row by row: (cells - window + 1)^2. */
export function occlusionPositions({ cells, window }: OcclusionOptions): OcclusionPosition[] {
  const along = cells - window + 1;
  return Array.from({ length: along * along }, (_, k) => ({
    row: Math.floor(k / along),
    column: k % along,
  }));
}

/** The picture with the square covered by what stands at the same place in `cover`. */
export function covered(
  image: Float32Array,
  cover: Float32Array,
  { row, column }: OcclusionPosition,
  { cells, window }: OcclusionOptions,
): Float32Array {
  const size = Math.round(Math.sqrt(image.length));
  const borders = cellBorders(size, cells);
  const [left, right] = [borders[column]!, borders[column + window]!];
  const out = image.slice();
  for (let y = borders[row]!; y < borders[row + window]!; y++) {
    out.set(cover.subarray(y * size + left, y * size + right), y * size + left);
  }
  return out;
}

/** @param losses of the score, one per position in their order. @returns [cells * cells]. */
export function occlusionMap(losses: ArrayLike<number>, options: OcclusionOptions): Float32Array {
  const { cells, window } = options;
  const sums = new Float64Array(cells * cells);
  const counts = new Float64Array(cells * cells);
  occlusionPositions(options).forEach(({ row, column }, k) => {
    for (let y = row; y < row + window; y++) {
      for (let x = column; x < column + window; x++) {
        sums[y * cells + x]! += losses[k]!;
        counts[y * cells + x]!++;
      }
    }
  });
  return Float32Array.from(sums, (sum, i) => sum / counts[i]!);
}
