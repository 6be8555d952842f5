/** Builds a brush stroke from pointer positions: thinned, so that a long stroke stays short in a share link. */
import type { Stroke } from "../../experiment/spec.ts";
import { PARAMS } from "../../experiment/params.ts";

export interface BrushTip {
  readonly radius: number;
  readonly intensity: number;
  readonly erase: boolean;
}

/** Points nearer than this share of the radius to the last one add nothing to see. */
const SPACING = 0.3;
/** 1/4096 of the width while a stroke grows; when it ends it goes on the coarser lattice of links (strokes.ts). */
const QUANTUM = 4096;

export function beginStroke(tip: BrushTip, x: number, y: number): Stroke {
  return { points: [quantized(x, y)], ...tip };
}

/**
 * The stroke grown to (x, y), and widened to a radius where that is larger; the same object when the pointer has hardly moved and
 * presses no harder.
 */
export function extendStroke(stroke: Stroke, to: readonly [number, number], radius = 0): Stroke {
  const wide = radius > stroke.radius ? { ...stroke, radius } : stroke;
  const point = quantized(...to);
  const last = stroke.points.at(-1)!;
  if (Math.hypot(point[0] - last[0], point[1] - last[1]) < SPACING * wide.radius) return wide;
  return { ...wide, points: [...stroke.points, point] };
}

/**
 * How wide a pen paints: as wide as the brush is set at half its pressure, half of that at none and half as much again at all of it. A
 * stroke has one width, so it is that of the hardest press.
 */
export function pressedRadius(radius: number, pressure: number): number {
  const { min, max } = PARAMS["stroke.radius"];
  return Math.max(min, Math.min(max, radius * (0.5 + pressure)));
}

function quantized(x: number, y: number): readonly [number, number] {
  const snap = (value: number) => Math.round(Math.max(0, Math.min(1, value)) * QUANTUM) / QUANTUM;
  return [snap(x), snap(y)];
}
