/** The patient as maps of path lengths, before the rays are summed: what findings may change. */
import type { Geometry } from "./geometry.ts";
import type { Grid } from "./projection.ts";
import type { PatientParams, Side } from "./spec.ts";
import type { RandomStream } from "../numerics/random.ts";

export interface Scene {
  readonly grid: Grid;
  readonly geometry: Geometry;
  readonly patient: PatientParams;
  readonly seed: number;
  /** Ray length through each lung after heart and vessels took their share, mm. */
  readonly lung: Readonly<Record<Side, Float32Array>>;
  readonly heart: Float32Array;
  readonly vessels: Float32Array;
  /** Share of the lung's air replaced by fluid or tissue, 0 to 1. */
  readonly filling: Float32Array;
  /** Share of the lung's ray that is free air (pneumothorax), 0 to 1. */
  readonly freeAir: Float32Array;
  /** Extra attenuation times length (dimensionless), for devices and soft-tissue masses. */
  readonly extra: Float32Array;
  /** Coverage 0 to 1 by finding kind, created on first use. */
  mask(kind: string): Float32Array;
  /** A stream of its own for one finding on one side. */
  random(kind: string, side?: Side): RandomStream;
}

/**
 * Effective linear attenuation at about 65 keV (the mean of a filtered 120 kV beam), per millimetre. Water has 0.02 there
 * (NIST XCOM); soft tissue counts a little less because fat is part of it, and inflated lung about a quarter.
 */
export const MU = {
  soft: 0.0186,
  lung: 0.0052,
  /** Bone in excess of the soft tissue it replaces. */
  boneExcess: 0.031,
} as const;

/** Raises `map[index]` to at least `value`. */
export function raise(map: Float32Array, index: number, value: number): void {
  if (value > map[index]!) map[index] = value;
}
