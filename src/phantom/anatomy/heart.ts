/** Heart, aorta and great veins: soft tissue that takes the place of lung. */
import type { Geometry } from "../geometry.ts";
import { mmOf, pixelRange, smoothStep, traceEllipsoid, traceTube } from "../projection.ts";
import type { Grid } from "../projection.ts";

/**
 * Ray length through the heart: two half-ellipses about a tilted axis whose extreme left and right points are the
 * geometry's, so that the cardiothoracic ratio of the picture is the one asked for.
 */
export function heartLength(grid: Grid, g: Geometry): Float32Array {
  const out = new Float32Array(grid.size * grid.size);
  const axisX = g.midX - 2;
  const [j0, j1] = pixelRange(grid, g.heartRightX, g.heartLeftX);
  const [i0, i1] = pixelRange(
    grid,
    g.heartY - 1.5 * g.heartHalfHeight,
    g.heartY + 1.5 * g.heartHalfHeight,
  );
  const depth = 0.55 * (g.heartLeftX - g.heartRightX) + 38;
  for (let j = j0; j <= j1; j++) {
    const x = mmOf(grid, j);
    const left = x > axisX;
    const rx = left ? g.heartLeftX - axisX : axisX - g.heartRightX;
    const u = (x - axisX) / rx;
    const tilt = left ? 13 * u : 4 * u;
    for (let i = i0; i <= i1; i++) {
      const v = (mmOf(grid, i) - g.heartY - tilt) / (g.heartHalfHeight * (left ? 1 - 0.12 * u : 1));
      const shoulder = v < 0 ? Math.abs(v) ** 1.7 : v * v;
      const rest = 1 - u * u - shoulder;
      if (rest > 0) out[i * grid.size + j] = depth * Math.sqrt(rest);
    }
  }
  return out;
}

/** Adds aortic arch and descending aorta, pulmonary trunk and superior vena cava, longest ray wins. */
export function addGreatVessels(grid: Grid, g: Geometry, out: Float32Array): void {
  const keep = (index: number, length: number) => {
    if (length > out[index]!) out[index] = length;
  };
  const r = g.aortaRadius;
  const knobX = g.midX + 19;
  traceEllipsoid(grid, { x: knobX, y: g.carinaY - 16, rx: r + 3, ry: r + 5, depth: 70 }, keep);
  const descending = [
    { x: knobX + r - 12, y: g.carinaY - 10, r },
    { x: g.midX + 24 + 0.4 * (r - 12), y: 10, r: r * 0.95 },
    { x: g.midX + 14, y: 90, r: r * 0.85 },
    { x: g.midX + 6, y: 150, r: r * 0.8 },
  ];
  traceTube(grid, descending, keep);
  traceTube(
    grid,
    [
      { x: g.midX + 24, y: g.carinaY + 8, r: 13 },
      { x: g.midX + 27, y: g.hilumY.left + 22, r: 15 },
    ],
    keep,
  );
  traceTube(
    grid,
    [
      { x: g.midX - 18, y: g.carinaY - 75, r: 8 },
      { x: g.midX - 20, y: g.carinaY - 5, r: 9.5 },
      { x: g.midX - 22, y: g.heartY - 20, r: 14 },
    ],
    keep,
  );
}

/** Share of the ray that a heart of this length leaves to the lung; softens the border by the organ's own roundness. */
export function displacedLung(lung: number, solid: number): number {
  return lung - Math.min(lung, solid * smoothStep(0, 60, lung + solid) * 1.15);
}
