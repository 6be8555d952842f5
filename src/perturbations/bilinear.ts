import type { ImageSize } from "./perturbation.ts";

/** Bilinear value at a position in pixel centres; `outside` replaces neighbours beyond the edge ("edge" repeats it). */
export function bilinearAt(
  image: Float32Array,
  { width, height }: ImageSize,
  [x, y]: readonly [number, number],
  outside: number | "edge",
): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = x - x0;
  const fy = y - y0;
  const pixel = (column: number, row: number): number => {
    if (outside === "edge") {
      const c = Math.max(0, Math.min(width - 1, column));
      const r = Math.max(0, Math.min(height - 1, row));
      return image[r * width + c]!;
    }
    const isInside = column >= 0 && column < width && row >= 0 && row < height;
    return isInside ? image[row * width + column]! : outside;
  };
  const top = pixel(x0, y0) * (1 - fx) + pixel(x0 + 1, y0) * fx;
  const bottom = pixel(x0, y0 + 1) * (1 - fx) + pixel(x0 + 1, y0 + 1) * fx;
  return top * (1 - fy) + bottom * fy;
}
