/**
 * From line integrals to a picture. Photons behind the patient follow Beer-Lambert's law, N = N0 exp(-integral of mu);
 * their count is Poisson distributed, so that the noise of the log signal has sd sqrt(N + read-out^2) / N. Then a log
 * response and a film-like tone curve. Everything global (scatter, display window) comes from the patient without
 * findings, so that a finding changes the picture where it is and nowhere else.
 */
import type { RandomStream } from "../numerics/random.ts";
import type { Geometry } from "./geometry.ts";
import type { Grid } from "./projection.ts";
import { MU } from "./scene.ts";
import type { PatientParams } from "./spec.ts";

/** Photons per detector cell of 1 mm^2 at dose 1 without a patient. */
const PHOTONS_PER_MM2 = 1.3e5;
/** Noise of the read-out, in photons. */
const ELECTRONIC_PHOTONS = 9;

export interface Exposure {
  /** Display window on the line integral (dimensionless): `low` shows black, `high` white. */
  readonly low: number;
  readonly high: number;
  /** Mean count of a pixel without a patient. */
  readonly photons: number;
  /** Share of the primary beam that is lost to, and comes back as, scatter: 0 to 1. */
  readonly scatterShare: number;
  /** Half-width of the focal spot's shadow on the image plane, mm. */
  readonly blurMm: number;
  /**
   * Share (0 to 1) of the healthy patient's centimetre-scale line integral, away from `level`, that the display
   * processing takes out, as dynamic-range compression of digital radiography does; nothing when absent.
   */
  readonly compression?: { readonly share: number; readonly level: number };
}

/** Dose, scatter and sharpness of this patient's film, and a display window fitted to lung field and mediastinum. */
export function exposureOf(grid: Grid, g: Geometry, patient: PatientParams): Exposure {
  const lungField = MU.soft * (g.bodyDepth - g.lungDepth) + MU.lung * g.lungDepth;
  const mediastinum = MU.soft * g.bodyDepth + 10 * MU.boneExcess;
  return {
    low: lungField - 0.42 + g.filmShift - 0.5 * g.filmStretch,
    high: mediastinum - 0.22 + g.filmShift + 0.5 * g.filmStretch,
    compression: { share: 0.32, level: 0.5 * (lungField + mediastinum) },
    photons: PHOTONS_PER_MM2 * grid.pixelMm ** 2 * patient.exposure,
    // A grid removes most scatter; a portable film has none or a weak one.
    scatterShare: patient.portable ? 0.42 : 0.22,
    blurMm: patient.portable ? 0.7 : 0.4,
  };
}

/**
 * `path`: line integral of each pixel with findings; blurred in place.
 * `healthyPath`: the same without findings, from which scatter is estimated.
 * @returns display values in [0, 1], white = dense.
 */
export function expose(
  grid: Grid,
  { path, healthyPath }: { readonly path: Float32Array; readonly healthyPath: Float32Array },
  exposure: Exposure,
  random: RandomStream,
): Float32Array {
  const { low, high, photons, scatterShare } = exposure;
  const scatter = broadField(
    grid,
    healthyPath,
    2.2,
    (ray) => Math.exp(-Math.max(0.7, ray)) * scatterShare,
  );
  const { compression } = exposure;
  const broad = compression
    ? broadField(
        grid,
        healthyPath,
        1,
        (ray) => compression.share * (Math.max(1.4, ray) - compression.level),
      )
    : undefined;
  boxBlur(path, grid.size, exposure.blurMm / grid.pixelMm);
  const out = new Float32Array(path.length);
  for (let i = 0; i < out.length; i++) {
    const primary = Math.exp(-path[i]!);
    const signal = photons * (primary * (1 - scatterShare) + scatter[i]!);
    // Poisson at hundreds of counts and more is normal to within what 8 bits can show.
    const noisy = signal + Math.sqrt(signal + ELECTRONIC_PHOTONS ** 2) * random.normal();
    const measured = -Math.log(Math.max(noisy, 1) / photons) - (broad ? broad[i]! : 0);
    out[i] = toneCurve((measured - low) / (high - low));
  }
  return out;
}

/** A function of the line integral blurred over centimetres: `radius` is in steps of about 12 mm. */
function broadField(
  grid: Grid,
  path: Float32Array,
  radius: number,
  value: (ray: number) => number,
): Float32Array {
  // What is this broad has no detail: a sample about every 12 mm is plenty.
  const step = Math.max(1, Math.round(12 / grid.pixelMm));
  const coarse = Math.ceil(grid.size / step);
  const low = new Float32Array(coarse * coarse);
  for (let i = 0; i < coarse; i++) {
    for (let j = 0; j < coarse; j++) {
      const row = Math.min(grid.size - 1, i * step + (step >> 1));
      const col = Math.min(grid.size - 1, j * step + (step >> 1));
      low[i * coarse + j] = value(path[row * grid.size + col]!);
    }
  }
  for (let pass = 0; pass < 3; pass++) boxBlur(low, coarse, radius);
  const out = new Float32Array(path.length);
  const places = Array.from({ length: grid.size }, (_, k) => {
    const place = Math.max(0, Math.min(coarse - 1.001, (k + 0.5) / step - 0.5));
    const cell = Math.floor(place);
    return { cell, part: place - cell, next: cell + 1 < coarse ? 1 : 0 };
  });
  for (let i = 0; i < grid.size; i++) {
    const y = places[i]!;
    const down = y.next * coarse;
    for (let j = 0; j < grid.size; j++) {
      const x = places[j]!;
      const at = y.cell * coarse + x.cell;
      const top = low[at]! + x.part * (low[at + x.next]! - low[at]!);
      const bottom = low[at + down]! + x.part * (low[at + down + x.next]! - low[at + down]!);
      out[i * grid.size + j] = top + y.part * (bottom - top);
    }
  }
  return out;
}

/** Mean over 2 * radius + 1 pixels along rows, then columns; fractional radii weigh the ends. */
export function boxBlur(data: Float32Array, size: number, radius: number): void {
  if (radius <= 0.05) return;
  const whole = Math.floor(radius);
  const part = radius - whole;
  const total = 2 * radius + 1;
  const line = new Float32Array(size);
  const clamp = (k: number) => (k < 0 ? 0 : k >= size ? size - 1 : k);
  for (const [stride, step] of [
    [size, 1],
    [1, size],
  ] as const) {
    for (let k = 0; k < size; k++) {
      const base = k * stride;
      let sum = 0;
      for (let d = -whole; d <= whole; d++) sum += data[base + clamp(d) * step]!;
      for (let n = 0; n < size; n++) {
        const ends =
          data[base + clamp(n - whole - 1) * step]! + data[base + clamp(n + whole + 1) * step]!;
        line[n] = (sum + part * ends) / total;
        sum += data[base + clamp(n + whole + 1) * step]! - data[base + clamp(n - whole) * step]!;
      }
      for (let n = 0; n < size; n++) data[base + n * step] = line[n]!;
    }
  }
}

/** A film-like S: toe and shoulder outside the window, straight between. */
function toneCurve(t: number): number {
  const toe = 0.07;
  const v =
    t <= 0
      ? toe * Math.exp((t * (1 - 2 * toe)) / toe)
      : t >= 1
        ? 1 - toe * Math.exp((-(t - 1) * (1 - 2 * toe)) / toe)
        : toe + (1 - 2 * toe) * t;
  return Math.max(0, Math.min(1, v));
}
