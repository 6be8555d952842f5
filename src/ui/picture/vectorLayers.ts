/** Overlays that are drawn rather than measured: outlines of ground truth and the stroke under the brush. */
import type { Stroke } from "../../experiment/spec.ts";

/** Colours of successive masks, told apart from attention and from both pictures. */
const MASK_COLORS: readonly (readonly [number, number, number])[] = [
  [143, 211, 168],
  [226, 160, 255],
  [255, 225, 120],
  [140, 180, 255],
  [255, 158, 128],
  [128, 226, 240],
  [196, 222, 96],
  [232, 232, 232],
];

export function maskColor(index: number): readonly [number, number, number] {
  return MASK_COLORS[index % MASK_COLORS.length]!;
}

export function outlinePixels(outlines: readonly Uint8Array[]): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray((outlines[0]?.length ?? 0) * 4);
  outlines.forEach((outline, index) => {
    const color = maskColor(index);
    for (let i = 0; i < outline.length; i++) {
      if (outline[i] === 0) continue;
      out.set(color, 4 * i);
      out[4 * i + 3] = 255;
    }
  });
  return out;
}

/** A growing stroke as discs and capsules on a side x side plane: at once, before the engine answers. */
export function strokePixels(stroke: Stroke, side: number): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(side * side * 4);
  const level = Math.round(255 * stroke.intensity);
  const radius = stroke.radius * side;
  const paint = (x0: number, y0: number, x1: number, y1: number) => {
    const length = Math.hypot(x1 - x0, y1 - y0);
    const left = Math.max(0, Math.floor(Math.min(x0, x1) - radius));
    const right = Math.min(side - 1, Math.ceil(Math.max(x0, x1) + radius));
    const top = Math.max(0, Math.floor(Math.min(y0, y1) - radius));
    const bottom = Math.min(side - 1, Math.ceil(Math.max(y0, y1) + radius));
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const along = length > 0 ? ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length ** 2 : 0;
        const t = Math.max(0, Math.min(1, along));
        const distance = Math.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0));
        if (distance > radius) continue;
        const i = 4 * (y * side + x);
        out[i] = level;
        out[i + 1] = level;
        out[i + 2] = level;
        out[i + 3] = stroke.erase ? 70 : 255;
      }
    }
  };
  const points = stroke.points.map(([x, y]) => [x * side, y * side] as const);
  points.forEach(([x, y], index) => {
    const [fromX, fromY] = points[index - 1] ?? [x, y];
    paint(fromX, fromY, x, y);
  });
  return out;
}
