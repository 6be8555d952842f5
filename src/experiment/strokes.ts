/**
 * Brush strokes on a lattice, so that a share link stores small integers and still replays the exact picture. Strokes
 * are put on the lattice when they are drawn; packing and unpacking them then loses nothing.
 */
import type { Stroke } from "./spec.ts";

/** Positions and radii are multiples of 1/1024 of the image's width or height: under a quarter of a model pixel. */
const POSITION_QUANTUM = 1 / 1024;
/** Intensities are grey levels of 255. */
const INTENSITY_QUANTUM = 1 / 255;

const steps = (value: number, quantum: number): number => Math.round(value / quantum);

/** The nearest stroke on the lattice; a stroke on the lattice is returned equal. Repeated points are dropped. */
export function quantizeStroke(stroke: Stroke): Stroke {
  return unpackStroke(packStroke(stroke));
}

/** radius, intensity and erase (0 or 1), then x and y of the first point, then differences from point to point. */
export type PackedStroke = readonly number[];

export function packStroke(stroke: Stroke): PackedStroke {
  const packed = [
    Math.max(1, steps(stroke.radius, POSITION_QUANTUM)),
    steps(stroke.intensity, INTENSITY_QUANTUM),
    stroke.erase ? 1 : 0,
  ];
  let previousX = 0;
  let previousY = 0;
  for (const [index, [x, y]] of stroke.points.entries()) {
    const column = steps(x, POSITION_QUANTUM);
    const row = steps(y, POSITION_QUANTUM);
    if (index > 0 && column === previousX && row === previousY) continue;
    packed.push(column - previousX, row - previousY);
    previousX = column;
    previousY = row;
  }
  return packed;
}

export function unpackStroke(packed: PackedStroke): Stroke {
  const [radius = 1, intensity = 0, erase = 0, ...deltas] = packed;
  const points: [number, number][] = [];
  let column = 0;
  let row = 0;
  for (let i = 0; i + 1 < deltas.length; i += 2) {
    column += deltas[i]!;
    row += deltas[i + 1]!;
    points.push([column * POSITION_QUANTUM, row * POSITION_QUANTUM]);
  }
  return {
    points,
    radius: radius * POSITION_QUANTUM,
    intensity: intensity / 255,
    erase: erase === 1,
  };
}
