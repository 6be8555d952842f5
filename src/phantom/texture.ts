/** Smooth random fields: seeded Gaussian values on a coarse lattice, interpolated. */
import type { RandomStream } from "../numerics/random.ts";
import { FIELD_MM } from "./projection.ts";
import type { Grid } from "./projection.ts";

/** Values of about unit variance that vary over `scaleMm`; the field is the same at every image size. */
export function smoothField(grid: Grid, random: RandomStream, scaleMm: number): Float32Array {
  const cells = Math.ceil(FIELD_MM / scaleMm) + 3;
  const lattice = Float32Array.from({ length: cells * cells }, () => random.normal());
  const out = new Float32Array(grid.size * grid.size);
  const weights = Array.from({ length: grid.size }, (_, k) => {
    const position = ((k + 0.5) * grid.pixelMm) / scaleMm;
    const cell = Math.floor(position);
    const t = position - cell;
    return { cell, t: t * t * (3 - 2 * t) };
  });
  for (let i = 0; i < grid.size; i++) {
    const { cell: row, t: ty } = weights[i]!;
    for (let j = 0; j < grid.size; j++) {
      const { cell: col, t: tx } = weights[j]!;
      const at = row * cells + col;
      const top = lattice[at]! + tx * (lattice[at + 1]! - lattice[at]!);
      const bottom = lattice[at + cells]! + tx * (lattice[at + cells + 1]! - lattice[at + cells]!);
      out[i * grid.size + j] = 1.35 * (top + ty * (bottom - top));
    }
  }
  return out;
}
