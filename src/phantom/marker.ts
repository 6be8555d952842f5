/** Lead letters on the film and the covered border. */
import type { Grid } from "./projection.ts";
import { FIELD_MM, mmOf } from "./projection.ts";
import type { PatientParams } from "./spec.ts";
import type { RandomStream } from "../numerics/random.ts";

/** 5 x 7 letters, a row a number, high bit left. */
const LETTERS: Readonly<Record<string, readonly number[]>> = {
  L: [16, 16, 16, 16, 16, 16, 31],
  R: [30, 17, 17, 30, 20, 18, 17],
  A: [14, 17, 17, 31, 17, 17, 17],
  P: [30, 17, 17, 30, 16, 16, 16],
};

/** Draws the side marker (and AP on AP films) beside the shoulder, and covers the collimated border, in place. */
export function addMarkers(
  grid: Grid,
  image: Float32Array,
  patient: PatientParams,
  random: RandomStream,
): void {
  const left = random.chance(0.6);
  const text = (left ? "L" : "R") + (patient.view === "AP" && random.chance(0.6) ? " AP" : "");
  const cell = random.between(2, 2.9);
  const width = text.length * 6 * cell;
  const inset = FIELD_MM / 2 - 6 - patient.collimation;
  const x0 = left ? inset - width - random.between(2, 14) : -inset + random.between(2, 14);
  const y0 = -inset + random.between(4, 30);
  if (patient.marker) {
    [...text].forEach((letter, k) => {
      const rows = LETTERS[letter];
      if (!rows) return;
      for (let i = 0; i < grid.size; i++) {
        const row = Math.floor((mmOf(grid, i) - y0) / cell);
        if (row < 0 || row >= 7) continue;
        for (let j = 0; j < grid.size; j++) {
          const col = Math.floor((mmOf(grid, j) - x0 - k * 6 * cell) / cell);
          if (col < 0 || col >= 5 || !((rows[row]! >> (4 - col)) & 1)) continue;
          image[i * grid.size + j] = Math.max(image[i * grid.size + j]!, 0.93);
        }
      }
    });
  }
  const edge = FIELD_MM / 2 - patient.collimation;
  for (let i = 0; i < grid.size; i++) {
    for (let j = 0; j < grid.size; j++) {
      if (Math.abs(mmOf(grid, i)) > edge || Math.abs(mmOf(grid, j)) > edge)
        image[i * grid.size + j] = 0.02;
    }
  }
}
