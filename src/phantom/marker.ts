/** Lead letters on the film and the covered border. */
import type { Grid } from "./projection.ts";
import { FIELD_MM, mmOf, traceTube } from "./projection.ts";
import type { PatientParams } from "./spec.ts";
import type { RandomStream } from "../numerics/random.ts";

type Stroke = readonly (readonly [x: number, y: number])[];

/** Letters as bent lead wire: strokes in cells of a 4 x 6 box, y down. */
const LETTERS: Readonly<Record<string, readonly Stroke[]>> = {
  L: [
    [
      [0, 0],
      [0, 6],
      [3.6, 6],
    ],
  ],
  R: [
    [
      [0, 6],
      [0, 0],
      [2.6, 0],
      [3.6, 0.7],
      [3.6, 2.3],
      [2.6, 3],
      [0, 3],
    ],
    [
      [2, 3],
      [3.8, 6],
    ],
  ],
  A: [
    [
      [0, 6],
      [2, 0],
      [4, 6],
    ],
    [
      [0.8, 3.9],
      [3.2, 3.9],
    ],
  ],
  P: [
    [
      [0, 6],
      [0, 0],
      [2.6, 0],
      [3.6, 0.7],
      [3.6, 2.4],
      [2.6, 3.2],
      [0, 3.2],
    ],
  ],
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
      for (const stroke of LETTERS[letter] ?? []) {
        const points = stroke.map(([x, y]) => ({
          x: x0 + (k * 6 + 0.5 + x) * cell,
          y: y0 + (0.5 + y) * cell,
          r: 0.5 * cell,
        }));
        traceTube(grid, points, (index, ray) => {
          image[index] = Math.max(image[index]!, 0.93 * Math.min(1, ray / (0.6 * cell)));
        });
      }
    });
  }
  forCovered(grid, patient, (index) => (image[index] = 0.02));
}

/** Truth ends where the film does: masks are 0 under the collimator, in place. */
export function hideCovered(
  grid: Grid,
  patient: PatientParams,
  masks: Iterable<Float32Array>,
): void {
  if (patient.collimation === 0) return;
  const all = [...masks];
  forCovered(grid, patient, (index) => {
    for (const mask of all) mask[index] = 0;
  });
}

function forCovered(grid: Grid, patient: PatientParams, visit: (index: number) => void): void {
  const edge = FIELD_MM / 2 - patient.collimation;
  for (let i = 0; i < grid.size; i++) {
    for (let j = 0; j < grid.size; j++) {
      if (Math.abs(mmOf(grid, i)) > edge || Math.abs(mmOf(grid, j)) > edge)
        visit(i * grid.size + j);
    }
  }
}
