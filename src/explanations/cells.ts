/** A square picture cut into a grid of cells, also where its side is no multiple of the grid. */

/** First pixel of each cell along a side, and the side itself at the end: [cells + 1]. */
export function cellBorders(size: number, cells: number): readonly number[] {
  return Array.from({ length: cells + 1 }, (_, k) => Math.round((k * size) / cells));
}

/** The cell of every pixel, row by row, [size * size]. */
export function cellOfPixels(
  size: number,
  [rows, columns]: readonly [number, number],
): Uint32Array {
  const down = cellAlong(size, rows);
  const across = cellAlong(size, columns);
  return Uint32Array.from(
    { length: size * size },
    (_, i) => down[Math.floor(i / size)]! * columns + across[i % size]!,
  );
}

function cellAlong(size: number, cells: number): Uint32Array {
  const borders = cellBorders(size, cells);
  const out = new Uint32Array(size);
  for (let k = 0; k < cells; k++) out.fill(k, borders[k], borders[k + 1]);
  return out;
}

/** Sum of a picture's values in each cell, [rows * columns]. */
export function cellSums(
  values: ArrayLike<number>,
  size: number,
  grid: readonly [number, number],
): Float32Array {
  const cells = cellOfPixels(size, grid);
  const sums = new Float64Array(grid[0] * grid[1]);
  for (let i = 0; i < cells.length; i++) sums[cells[i]!]! += values[i]!;
  return Float32Array.from(sums);
}

/** Mean of a picture's values in each cell, [rows * columns]. */
export function cellMeans(
  values: ArrayLike<number>,
  size: number,
  grid: readonly [number, number],
): Float32Array {
  const counts = cellSums(new Float32Array(size * size).fill(1), size, grid);
  return cellSums(values, size, grid).map((sum, i) => sum / counts[i]!);
}

/**
 * Pixels by the rank of their cell: all of the first cell, then all of the second. Removing whole cells leaves no salt and
 * pepper that a model has never seen.
 * @param ranked cells, the first first
 */
export function pixelsByCell(
  ranked: ArrayLike<number>,
  size: number,
  grid: readonly [number, number],
): Uint32Array {
  const cells = cellOfPixels(size, grid);
  const members: number[][] = Array.from({ length: grid[0] * grid[1] }, () => []);
  for (let i = 0; i < cells.length; i++) members[cells[i]!]!.push(i);
  return Uint32Array.from(Array.from(ranked, (cell) => members[cell]!).flat());
}
