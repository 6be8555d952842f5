/**
 * Parallel projection of simple solids: for each pixel the length of the ray inside the solid, in millimetres, in closed
 * form. Coordinates are millimetres from the image centre: x to the image's right (the patient's left), y down.
 */

/** The image plane: `size` square pixels over FIELD_MM. */
export interface Grid {
  readonly size: number;
  readonly pixelMm: number;
}

export const FIELD_MM = 372;

export function gridOf(size: number): Grid {
  return { size, pixelMm: FIELD_MM / size };
}

/** Millimetre coordinate of a pixel's centre along either axis. */
export function mmOf(grid: Grid, index: number): number {
  return (index + 0.5) * grid.pixelMm - FIELD_MM / 2;
}

/** Pixel indices [first, last] whose centres lie in [low, high] mm, cut to the image. */
export function pixelRange(grid: Grid, low: number, high: number): [number, number] {
  const first = Math.ceil((low + FIELD_MM / 2) / grid.pixelMm - 0.5);
  const last = Math.floor((high + FIELD_MM / 2) / grid.pixelMm - 0.5);
  return [Math.max(0, first), Math.min(grid.size - 1, last)];
}

export interface Ellipsoid {
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
  /** Longest ray through it. */
  readonly depth: number;
  /** Clockwise on the image. */
  readonly angleDeg?: number;
}

/** Calls back for every pixel inside, with the ray's length. */
export function traceEllipsoid(
  grid: Grid,
  { x, y, rx, ry, depth, angleDeg = 0 }: Ellipsoid,
  visit: (index: number, lengthMm: number) => void,
): void {
  const angle = (angleDeg * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const reachX = Math.hypot(rx * cos, ry * sin);
  const reachY = Math.hypot(rx * sin, ry * cos);
  const [i0, i1] = pixelRange(grid, y - reachY, y + reachY);
  const [j0, j1] = pixelRange(grid, x - reachX, x + reachX);
  for (let i = i0; i <= i1; i++) {
    const dy = mmOf(grid, i) - y;
    for (let j = j0; j <= j1; j++) {
      const dx = mmOf(grid, j) - x;
      const u = (dx * cos + dy * sin) / rx;
      const v = (dy * cos - dx * sin) / ry;
      const rest = 1 - u * u - v * v;
      if (rest > 0) visit(i * grid.size + j, depth * Math.sqrt(rest));
    }
  }
}

export interface TubePoint {
  readonly x: number;
  readonly y: number;
  /** Radius in mm. */
  readonly r: number;
}

/**
 * Calls back for every pixel inside a tube swept along the points, with the ray's length. Tubes thinner than a pixel
 * keep their area: they are drawn one pixel wide with a shorter ray.
 */
export function traceTube(
  grid: Grid,
  points: readonly TubePoint[],
  visit: (index: number, lengthMm: number) => void,
): void {
  if (points.length < 2) return;
  const half = grid.pixelMm / 2;
  const reach = Math.max(half, ...points.map((p) => p.r)) + half;
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);
  const [i0, i1] = pixelRange(grid, Math.min(...ys) - reach, Math.max(...ys) + reach);
  const [j0, j1] = pixelRange(grid, Math.min(...xs) - reach, Math.max(...xs) + reach);
  if (i1 < i0 || j1 < j0) return;
  // Segments overlap at joints: the longest ray counts, in a window around the tube.
  const width = j1 - j0 + 1;
  const longest = new Float32Array((i1 - i0 + 1) * width);
  for (let k = 0; k + 1 < points.length; k++) {
    traceSegment(grid, [points[k]!, points[k + 1]!], longest, { top: i0, left: j0, width });
  }
  for (let n = 0; n < longest.length; n++) {
    const length = longest[n]!;
    if (length > 0) visit((i0 + Math.floor(n / width)) * grid.size + j0 + (n % width), length);
  }
}

function traceSegment(
  grid: Grid,
  [a, b]: readonly [TubePoint, TubePoint],
  longest: Float32Array,
  { top, left, width }: { readonly top: number; readonly left: number; readonly width: number },
): void {
  const half = grid.pixelMm / 2;
  const reach = Math.max(a.r, b.r, half) + half;
  const [i0, i1] = pixelRange(grid, Math.min(a.y, b.y) - reach, Math.max(a.y, b.y) + reach);
  const [j0, j1] = pixelRange(grid, Math.min(a.x, b.x) - reach, Math.max(a.x, b.x) + reach);
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const squared = dx * dx + dy * dy || 1e-9;
  for (let i = i0; i <= i1; i++) {
    const py = mmOf(grid, i) - a.y;
    for (let j = j0; j <= j1; j++) {
      const px = mmOf(grid, j) - a.x;
      const t = Math.max(0, Math.min(1, (px * dx + py * dy) / squared));
      const [ex, ey] = [px - t * dx, py - t * dy];
      const squaredDistance = ex * ex + ey * ey;
      const radius = a.r + t * (b.r - a.r);
      const drawn = radius > half ? radius : half;
      if (squaredDistance >= drawn * drawn) continue;
      const thin = radius < half ? (radius / half) ** 2 : 1;
      const length = 2 * Math.sqrt(drawn * drawn - squaredDistance) * thin;
      const index = (i - top) * width + j - left;
      if (length > longest[index]!) longest[index] = length;
    }
  }
}

/** 0 below `low`, 1 above `high`, a smooth rise between. */
export function smoothStep(low: number, high: number, x: number): number {
  const t = Math.max(0, Math.min(1, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
}
