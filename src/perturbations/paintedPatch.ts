import { definePerturbation } from "./perturbation.ts";
import type { ImageSize } from "./perturbation.ts";

/** One brush stroke. */
export interface PaintStroke {
  /** x and y as fractions of the image's width and height; one point is a dot. */
  readonly points: readonly (readonly [number, number])[];
  /** Fraction of the image's width. */
  readonly radius: number;
  /** Display value painted, [0, 1]. */
  readonly intensity: number;
  /** Takes paint off instead. */
  readonly erase?: boolean;
}

/** The paint of all strokes: `value` is premultiplied by `cover`; both [height * width], [0, 1]. */
export interface PaintLayer {
  readonly value: Float64Array;
  readonly cover: Float64Array;
}

/** Strokes over each other in order, edges antialiased over one pixel. The same on every machine: no canvas involved. */
export function rasterizeStrokes(strokes: readonly PaintStroke[], size: ImageSize): PaintLayer {
  const pixels = size.width * size.height;
  const value = new Float64Array(pixels);
  const cover = new Float64Array(pixels);
  for (const stroke of strokes) {
    const touched = strokeCoverage(stroke, size);
    for (let i = 0; i < pixels; i++) {
      const c = touched[i]!;
      if (c === 0) continue;
      const ink = stroke.erase ? 0 : c;
      value[i] = value[i]! * (1 - c) + ink * stroke.intensity;
      cover[i] = cover[i]! * (1 - c) + ink;
    }
  }
  return { value, cover };
}

/** Share of each pixel inside the stroke: 1 from half a pixel within its edge, 0 from half a pixel beyond. */
function strokeCoverage({ points, radius }: PaintStroke, size: ImageSize): Float64Array {
  const coverage = new Float64Array(size.width * size.height);
  const radiusPx = radius * size.width;
  const reach = radiusPx + 0.5;
  const at = points.map(([x, y]) => [x * size.width - 0.5, y * size.height - 0.5] as const);
  at.forEach((to, k) => {
    const from = at[Math.max(0, k - 1)]!;
    const left = Math.max(0, Math.ceil(Math.min(from[0], to[0]) - reach));
    const right = Math.min(size.width - 1, Math.floor(Math.max(from[0], to[0]) + reach));
    const top = Math.max(0, Math.ceil(Math.min(from[1], to[1]) - reach));
    const bottom = Math.min(size.height - 1, Math.floor(Math.max(from[1], to[1]) + reach));
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const inside = radiusPx - distanceToSegment(x, y, from, to) + 0.5;
        const i = y * size.width + x;
        if (inside > coverage[i]!) coverage[i] = Math.min(1, inside);
      }
    }
  });
  return coverage;
}

function distanceToSegment(
  x: number,
  y: number,
  from: readonly [number, number],
  to: readonly [number, number],
): number {
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const length2 = dx * dx + dy * dy;
  const along =
    length2 === 0
      ? 0
      : Math.max(0, Math.min(1, ((x - from[0]) * dx + (y - from[1]) * dy) / length2));
  const ex = x - from[0] - along * dx;
  const ey = y - from[1] - along * dy;
  return Math.sqrt(ex * ex + ey * ey);
}

/** What the reader painted: a device, a sticker, a blacked-out region. */
export const paintedPatch = definePerturbation({
  id: "paintedPatch",
  label: "Painted patch",
  help: "Paints brush strokes over the image, as an opaque object or a see-through overlay.",
  group: "overlay",
  strength: "opacity",
  params: {
    opacity: {
      label: "Opacity",
      unit: "",
      min: 0,
      max: 1,
      step: 0.05,
      default: 1,
      help: "1 covers the image completely.",
    },
  },
  extra: { strokes: [] as readonly PaintStroke[] },
  transform(image, size, { opacity, strokes }) {
    const { value, cover } = rasterizeStrokes(strokes, size);
    return image.map((v, i) => v * (1 - opacity * cover[i]!) + opacity * value[i]!);
  },
});
