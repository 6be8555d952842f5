/** Builds a brush stroke from pointer positions: thinned, so that a long stroke stays short in a share link. */
import type { Stroke } from "../../experiment/spec.ts";

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

/** The stroke grown to (x, y); the same object when the pointer has hardly moved. */
export function extendStroke(stroke: Stroke, x: number, y: number): Stroke {
  const point = quantized(x, y);
  const last = stroke.points.at(-1)!;
  if (Math.hypot(point[0] - last[0], point[1] - last[1]) < SPACING * stroke.radius) return stroke;
  return { ...stroke, points: [...stroke.points, point] };
}

function quantized(x: number, y: number): readonly [number, number] {
  const snap = (value: number) => Math.round(Math.max(0, Math.min(1, value)) * QUANTUM) / QUANTUM;
  return [snap(x), snap(y)];
}
